//! A small plotting layer that writes SVG: text metrics, scales with ticks, panels with axes, legends, colours.
//!
//! Every mark carries its colours as attributes (so a figure stands alone) and a CSS class where the page's dark style should
//! override them (`ink`, `muted`, `axis`, `grid`, `paper`, `observed`).

pub(crate) mod colour_map;
pub(crate) mod legend;
pub(crate) mod number;
pub(crate) mod palette;
pub(crate) mod panel;
pub(crate) mod scale;
pub(crate) mod svg;
pub(crate) mod text;
pub(crate) mod ticks;
