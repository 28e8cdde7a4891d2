//! What is in flight, by ids that are never mistaken: an id of something that is gone finds nothing, even where its place
//! has been taken by another. Memory is bounded by the most that was ever there at a time.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// The place of a `T`, and which of those that have had the place it is.
pub(crate) struct Id<T> {
    place: u32,
    turn: u32,
    of: PhantomData<fn() -> T>,
}

#[derive(Debug)]
struct Place<T> {
    turn: u32,
    held: Option<T>,
}

/// Things by id.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(crate) fn new() -> Slab<T> {
        Slab { places: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn put(&mut self, thing: T) -> Id<T> {
        let place = self.free.pop().unwrap_or_else(|| self.grow());
        let slot = &mut self.places[place as usize];
        slot.held = Some(thing);
        Id { place, turn: slot.turn, of: PhantomData }
    }

    pub(crate) fn get(&self, id: Id<T>) -> Option<&T> {
        let place = &self.places[id.place as usize];
        place.held.as_ref().filter(|_| place.turn == id.turn)
    }

    pub(crate) fn get_mut(&mut self, id: Id<T>) -> Option<&mut T> {
        let place = &mut self.places[id.place as usize];
        place.held.as_mut().filter(|_| place.turn == id.turn)
    }

    pub(crate) fn take(&mut self, id: Id<T>) -> Option<T> {
        let place = &mut self.places[id.place as usize];
        if place.turn != id.turn {
            return None;
        }
        let held = place.held.take()?;
        place.turn = place.turn.wrapping_add(1);
        self.free.push(id.place);
        Some(held)
    }

    /// How many are there.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// All ids, by place.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Id<T>> {
        let id = |(place, slot): (u32, &Place<T>)| {
            slot.held.is_some().then_some(Id { place, turn: slot.turn, of: PhantomData })
        };
        (0..).zip(&self.places).filter_map(id)
    }

    fn grow(&mut self) -> u32 {
        let place = u32::try_from(self.places.len()).expect("fewer than 2^32 requests in flight fit into memory");
        self.places.push(Place { turn: 0, held: None });
        place
    }
}

impl<T> Id<T> {
    /// A number that tells it from all others, for traces.
    pub(crate) fn number(self) -> u64 {
        u64::from(self.turn) << 32 | u64::from(self.place)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl<T> Eq for Id<T> {}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.number());
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.place, self.turn)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_finds_what_was_put_there_until_it_is_taken_and_never_another(
            steps in prop::collection::vec(prop::option::of(0usize..64), 0..300),
        ) {
            let (mut slab, mut all, mut there) = (Slab::new(), Vec::new(), 0);
            for (nth, step) in steps.into_iter().enumerate() {
                match step {
                    None => {
                        all.push((slab.put(nth), Some(nth)));
                        there += 1;
                    }
                    Some(which) if which < all.len() => {
                        let (id, held) = &mut all[which];
                        prop_assert_eq!(slab.take(*id), *held);
                        there -= usize::from(held.take().is_some());
                    }
                    Some(_) => {}
                }
                prop_assert_eq!(slab.len(), there);
                prop_assert!(all.iter().all(|(id, held)| slab.get(*id) == held.as_ref()));
            }
        }
    }
}
