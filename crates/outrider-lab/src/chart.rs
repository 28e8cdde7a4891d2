//! Pictures of figures: a scene of lines, boxes and words, written as PNG and as SVG.
//!
//! A plotting library draws one chart with its legend well; what is wanted here is small multiples on shared axes, names
//! beside their lines, and one picture in two colour schemes (`docs/adr/0014-reports.md`).

mod axis;
mod curves;
mod font;
mod ink;
mod labels;
mod panel;
mod png;
mod scene;
mod svg;

pub(crate) use axis::{Axis, Unit};
pub(crate) use curves::{Curve, Curves, curves};
pub(crate) use font::{fit, width};
pub(crate) use ink::{Ink, style};
pub(crate) use panel::{Frame, Mark, Panel};
pub(crate) use png::png;
pub(crate) use scene::{Anchor, Dash, Pen, Scene, Shape};
pub(crate) use svg::{escape, svg};
