//! A bar of blocks, as long for each part as it is large.

use annotate_snippets::renderer::{AnsiColor, Style};

/// How long the bar is.
const CELLS: usize = 64;

/// How a part shows in the bar and beside its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) block: char,
    pub(super) style: Style,
}

pub(super) const HEAP: Mark = Mark::new('█', AnsiColor::Blue);
pub(super) const OVERHEAD: Mark = Mark::new('▓', AnsiColor::Yellow);
pub(super) const PYSPARK: Mark = Mark::new('▒', AnsiColor::Green);
pub(super) const OFF_HEAP: Mark = Mark::new('░', AnsiColor::Magenta);
/// Those of sidecars, in turn.
const SIDECARS: [Mark; 3] = [
    Mark::new('▚', AnsiColor::Cyan),
    Mark::new('▤', AnsiColor::BrightCyan),
    Mark::new('▧', AnsiColor::BrightBlue),
];

impl Mark {
    const fn new(block: char, colour: AnsiColor) -> Self {
        Self {
            block,
            style: colour.on_default(),
        }
    }

    /// That of the sidecar with this index.
    pub(super) fn of_sidecar(index: usize) -> Self {
        SIDECARS[index % SIDECARS.len()]
    }
}

/// The bar of parts, each with its share of the whole, which add up to one.
pub(super) fn bar(parts: &[(Mark, f64)]) -> String {
    let shares: Vec<f64> = parts.iter().map(|(_, share)| *share).collect();
    let of_parts = parts.iter().zip(cells(&shares)).map(|((mark, _), cells)| {
        let style = mark.style;
        let blocks: String = std::iter::repeat_n(mark.block, cells).collect();
        format!("{style}{blocks}{style:#}")
    });
    of_parts.collect()
}

/// How many cells each part gets: at least one if it is anything, and all of them together.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares are between none and one, and the cells are few"
)]
fn cells(shares: &[f64]) -> Vec<usize> {
    let exact: Vec<f64> = shares.iter().map(|share| share * CELLS as f64).collect();
    let mut cells: Vec<usize> = exact.iter().map(|exact| exact.floor() as usize).collect();
    for (cells, exact) in cells.iter_mut().zip(&exact) {
        *cells = (*cells).max(usize::from(*exact > 0.0));
    }
    loop {
        let lacks = |index: &usize| exact[*index] - cells[*index] as f64;
        let by_lack = |one: &usize, other: &usize| lacks(one).total_cmp(&lacks(other));
        let sum: usize = cells.iter().sum();
        let change = match sum.cmp(&CELLS) {
            std::cmp::Ordering::Less => (0..cells.len()).max_by(by_lack).map(|index| (index, cells[index] + 1)),
            std::cmp::Ordering::Greater => (0..cells.len())
                .filter(|index| cells[*index] > 1)
                .min_by(by_lack)
                .map(|index| (index, cells[index] - 1)),
            std::cmp::Ordering::Equal => None,
        };
        match change {
            Some((index, changed)) => cells[index] = changed,
            None => return cells,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_shows_and_the_bar_is_full() {
        let cases: [(&[f64], &[usize]); 6] = [
            (&[1.0], &[64]),
            (&[0.5, 0.5], &[32, 32]),
            (&[0.75, 0.25], &[48, 16]),
            (&[0.999, 0.001], &[63, 1]),
            (&[0.99, 0.0, 0.004, 0.003, 0.003], &[61, 0, 1, 1, 1]),
            (&[], &[]),
        ];
        for (shares, expected) in cases {
            assert_eq!(cells(shares), expected, "{shares:?}");
        }
    }
}
