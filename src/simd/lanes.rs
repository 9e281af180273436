//! One number of each trial of a batch, side by side in memory.

/// Trials that are simulated together.
pub const LANES: usize = 8;

/// A number for each of them. Aligned, so that it never straddles two lines of the cache: that would make
/// every read and write of the month loop two.
#[repr(align(64))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lanes(pub [f64; LANES]);

impl Lanes {
    /// Zero in all.
    pub const ZERO: Lanes = Lanes([0.0; LANES]);

    /// The same number in all.
    #[inline(always)]
    pub fn all(value: f64) -> Self {
        Lanes([value; LANES])
    }
}

/// Some of the trials of a batch.
pub type LaneFlags = [bool; LANES];

/// All of them.
pub const ALL: LaneFlags = [true; LANES];

/// None of them.
pub const NONE: LaneFlags = [false; LANES];

/// A table of lanes: a row for every month, as wide as there are things in a month. A month lies in one piece.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    width: usize,
    cells: Vec<Lanes>,
}

impl Rows {
    /// Zeros.
    pub fn new(months: usize, width: usize) -> Self {
        Rows { width, cells: vec![Lanes::ZERO; months * width] }
    }

    /// What a month holds.
    #[inline(always)]
    pub fn month(&self, month: usize) -> &[Lanes] {
        &self.cells[month * self.width..(month + 1) * self.width]
    }

    /// The same, to be changed.
    #[inline(always)]
    pub fn month_mut(&mut self, month: usize) -> &mut [Lanes] {
        &mut self.cells[month * self.width..(month + 1) * self.width]
    }

    /// One thing in a month, to be changed.
    #[inline(always)]
    pub fn cell_mut(&mut self, month: usize, index: usize) -> &mut Lanes {
        &mut self.cells[month * self.width + index]
    }

    /// One thing, month by month.
    #[inline(always)]
    pub fn column(&self, index: usize) -> impl Iterator<Item = &Lanes> {
        self.cells.chunks_exact(self.width.max(1)).map(move |row| &row[index])
    }

    /// Number of things in a month.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of months.
    pub fn months(&self) -> usize {
        self.cells.len() / self.width.max(1)
    }

    /// Zeros again.
    pub fn clear(&mut self) {
        self.cells.fill(Lanes::ZERO);
    }
}
