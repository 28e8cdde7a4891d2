//! Every interleaving of what several cores may do to one host.
