//! Typing errors: a letter missing, too many, wrong, or swapped with its neighbour.

/// The most errors in a name.
pub(super) const MOST_ERRORS: usize = 2;
/// In a shorter segment than this, an error makes another word.
const SHORTEST: usize = 4;
/// In a segment of up to this many letters, another letter makes another word. The first segment after `spark` is somebody's own
/// where it is shorter.
const SHORT: usize = 5;
/// From this many letters on, a segment may have two errors.
const LONG: usize = 8;

/// How many errors lie between the segments of two names, in lower case; `None` when too many for one to be meant as the other.
pub(super) fn errors(segments: &[String], meant: &[String]) -> Option<usize> {
    if segments.len() != meant.len() {
        return None;
    }
    let mut errors = 0;
    for (index, (segment, meant)) in segments.iter().zip(meant).enumerate() {
        errors += match index {
            _ if segment == meant => 0,
            0 => Some(strsim::osa_distance(segment, meant)).filter(|errors| *errors == 1)?,
            1 if meant.len() < SHORT => return None,
            _ => errors_of_segment(segment, meant)?,
        };
    }
    (errors <= MOST_ERRORS).then_some(errors)
}

fn errors_of_segment(segment: &str, meant: &str) -> Option<usize> {
    let longer = segment.len().max(meant.len());
    let most = if longer < LONG { 1 } else { MOST_ERRORS };
    if longer < SHORTEST || segment.len().abs_diff(meant.len()) > most {
        return None;
    }
    let errors = strsim::osa_distance(segment, meant);
    let is_other_word = longer <= SHORT && segment.len() == meant.len() && !is_anagram(segment, meant);
    (errors <= most && !is_other_word).then_some(errors)
}

fn is_anagram(one: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(one) == sorted(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_errors_where_there_are_few() {
        let cases = [
            ("spark.executor.memory", "spark.executor.memory", Some(0)),
            ("spark.executor.memry", "spark.executor.memory", Some(1)),
            ("spark.exectuor.memry", "spark.executor.memory", Some(2)),
            ("spark.executor.mmry", "spark.executor.memory", None),
            ("spark.exectuo.memry", "spark.executor.memory", None),
            ("spark.executor", "spark.executor.memory", None),
            ("sprak.executor.memory", "spark.executor.memory", Some(1)),
            ("sparc.executor.memory", "spark.executor.memory", Some(1)),
            ("skrap.executor.memory", "spark.executor.memory", None),
            ("spark.app.nam", "spark.app.name", Some(1)),
            ("spark.app.nmae", "spark.app.name", Some(1)),
            ("spark.app.game", "spark.app.name", None),
            ("spark.app.i", "spark.app.id", None),
            ("spark.ap.name", "spark.app.name", None),
            ("spark.shufle.manager", "spark.shuffle.manager", Some(1)),
        ];
        for (name, meant, expected) in cases {
            let segments = |name: &str| name.split('.').map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(errors(&segments(name), &segments(meant)), expected, "{name}");
        }
    }
}
