//! The page: a template, its styles and script, and the data that it is filled with.

mod fonts;
mod leaderboard;
mod page;
mod summary;
mod sweep_page;

pub(crate) use leaderboard::render_leaderboard;
pub(crate) use page::render;
pub(crate) use sweep_page::render_sweep;
