//! The page: a template, its styles and script, and the data that it is filled with.

mod fonts;
mod leaderboard;
mod page;
mod summary;

pub(crate) use leaderboard::render_leaderboard;
pub(crate) use page::render;
