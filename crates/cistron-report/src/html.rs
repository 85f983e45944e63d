//! The page: a template, its styles and script, and the data that it is filled with.

mod fonts;
mod page;
mod summary;

pub(crate) use page::render;
