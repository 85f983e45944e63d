use super::WIDTH;

/// Square-ish panels in rows, with room for axes and titles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    pub columns: usize,
    /// Side of a panel, px.
    pub side: f64,
    top: f64,
}

const LEFT: f64 = 58.0;
const GAP_X: f64 = 46.0;
const GAP_Y: f64 = 82.0;
/// Kept free on the right, for a colour bar.
const RIGHT: f64 = 74.0;

impl Grid {
    /// A grid for `panels` panels below `top` px of titles.
    pub(super) fn new(panels: usize, top: f64) -> Self {
        let columns = panels.clamp(1, 3);
        let side = (WIDTH - LEFT - RIGHT - GAP_X * 2.0) / 3.0;
        // One or two panels may be larger, but not so large that they fill a screen.
        let side = if columns < 3 { side * 1.2 } else { side };
        Self { columns, side, top: top + 38.0 }
    }

    /// Upper left corner of a panel.
    pub(super) fn corner(&self, index: usize) -> (f64, f64) {
        let (row, column) = (index / self.columns, index % self.columns);
        (LEFT + column as f64 * (self.side + GAP_X), self.top + row as f64 * (self.side + GAP_Y))
    }

    /// Whether a panel stands at the left edge.
    pub(super) fn is_first(&self, index: usize) -> bool {
        index.is_multiple_of(self.columns)
    }

    /// Right edge of the panels.
    pub(super) fn right(&self) -> f64 {
        self.corner(self.columns - 1).0 + self.side
    }

    /// Upper edge of the first row.
    pub(super) fn first_row(&self) -> f64 {
        self.top
    }

    /// Height of a figure with so many panels.
    pub(super) fn height(&self, panels: usize) -> f64 {
        let rows = panels.max(1).div_ceil(self.columns);
        self.top + rows as f64 * self.side + (rows - 1) as f64 * GAP_Y + 44.0
    }

    /// Width of a figure.
    pub(super) fn width(&self) -> f64 {
        self.right() + RIGHT
    }
}
