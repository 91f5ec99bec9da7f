//! "Did you mean": the known name that somebody most likely meant by an unknown one.

/// Names shorter than this are one typing error away from half of all short names.
const SHORTEST: usize = 3;

/// The candidate that `name` is most likely a misspelling of, where `name` is known to be wrong.
///
/// What differs only in case, `-` and `_` always counts as one. Otherwise one typing error (a letter missing, too many,
/// wrong, or swapped with its neighbour) is forgiven in every four letters, four at most, and in a dotted name a segment
/// too many: `spark.executor.decommission.enabled` is meant as `spark.decommission.enabled`. Segments that both names
/// have at their beginning or end say nothing, so that `spark.executor.foo` is not taken for `spark.executor.cores`.
///
/// Of equally good candidates the first wins.
#[must_use]
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest(name, candidates, 4)
}

/// As [`did_you_mean`], but forgives two errors at most: for names that may be right although they are not known, such
/// as a field of a newer Kubernetes. Words that are added to a name or exchanged in it, as in `serviceAccount` and
/// `serviceAccountName`, take more.
#[must_use]
pub fn slip_of<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest(name, candidates, 2)
}

fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>, most: usize) -> Option<&'a str> {
    let name = canonical(name);
    candidates
        .into_iter()
        .filter_map(|candidate| Some((errors(&name, &canonical(candidate), most)?, candidate)))
        .min_by_key(|(errors, _)| *errors)
        .map(|(_, candidate)| candidate)
}

/// A name without what people most often get wrong in it.
fn canonical(name: &str) -> String {
    name.chars()
        .filter(|letter| !matches!(letter, '-' | '_'))
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

/// How many typing errors lie between two canonical names; `None` when too many for one to be meant as the other.
fn errors(name: &str, candidate: &str, most: usize) -> Option<usize> {
    if name == candidate {
        return Some(0);
    }
    let (name, candidate) = differing_segments(name, candidate);
    if candidate.is_empty() {
        let segment_too_many = !name.is_empty() && !name.contains('.');
        return segment_too_many.then_some(name.len());
    }
    let (shorter, longer) = (name.len().min(candidate.len()), name.len().max(candidate.len()));
    let forgiven = (longer / 4).clamp(1, most);
    if shorter < SHORTEST || longer - shorter > forgiven {
        return None;
    }
    Some(strsim::osa_distance(name, candidate)).filter(|errors| *errors <= forgiven)
}

/// What is left of two dotted names without the whole segments that both begin with and both end with. A name without
/// a dot is one segment.
fn differing_segments<'n>(mut name: &'n str, mut candidate: &'n str) -> (&'n str, &'n str) {
    while let (Some((head, tail)), Some((other_head, other_tail))) = (name.split_once('.'), candidate.split_once('.'))
        && head == other_head
    {
        (name, candidate) = (tail, other_tail);
    }
    loop {
        let (head, last) = name.rsplit_once('.').unwrap_or(("", name));
        let (other_head, other_last) = candidate.rsplit_once('.').unwrap_or(("", candidate));
        if last != other_last || last.is_empty() {
            return (name, candidate);
        }
        (name, candidate) = (head, other_head);
    }
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, slip_of};

    const FIELDS: [&str; 16] = [
        "arguments",
        "cores",
        "coreLimit",
        "driver",
        "env",
        "executor",
        "image",
        "imagePullPolicy",
        "memory",
        "memoryOverhead",
        "mode",
        "serviceAccount",
        "sparkConf",
        "sparkConfigMap",
        "type",
        "volumes",
    ];

    const PROPERTIES: [&str; 8] = [
        "spark.decommission.enabled",
        "spark.driver.cores",
        "spark.dynamicAllocation.enabled",
        "spark.dynamicAllocation.maxExecutors",
        "spark.dynamicAllocation.minExecutors",
        "spark.executor.cores",
        "spark.executor.memory",
        "spark.executor.memoryOverhead",
    ];

    fn check(candidates: &[&str], cases: &[(&str, Option<&str>)]) {
        for (name, expected) in cases {
            let found = did_you_mean(name, candidates.iter().copied());
            assert_eq!(found, *expected, "{name:?}");
        }
    }

    #[test]
    fn finds_the_field_that_was_meant() {
        check(
            &FIELDS,
            &[
                ("exector", Some("executor")),
                ("Executor", Some("executor")),
                ("executors", Some("executor")),
                ("excutro", Some("executor")),
                ("dirver", Some("driver")),
                ("memoryOverHead", Some("memoryOverhead")),
                ("memory_overhead", Some("memoryOverhead")),
                ("memory-over-head", Some("memoryOverhead")),
                ("core", Some("cores")),
                ("corelimit", Some("coreLimit")),
                ("coreLimits", Some("coreLimit")),
                ("arguements", Some("arguments")),
                ("imagePulPolicy", Some("imagePullPolicy")),
                ("serviceAccountName", Some("serviceAccount")),
                ("sparkConfig", Some("sparkConf")),
                ("volume", Some("volumes")),
                ("evn", Some("env")),
            ],
        );
    }

    #[test]
    fn suggests_no_field_for_an_unrelated_or_a_very_short_name() {
        check(
            &FIELDS,
            &[
                ("", None),
                ("x", None),
                ("en", None),
                ("e", None),
                ("cpu", None),
                ("spec", None),
                ("restartPolicy", None),
                ("limits", None),
                ("memoryRequest", None),
                ("modules", None),
            ],
        );
    }

    #[test]
    fn finds_the_property_that_was_meant() {
        check(
            &PROPERTIES,
            &[
                ("spark.executor.memoryoverhead", Some("spark.executor.memoryOverhead")),
                ("spark.executor.memory-overhead", Some("spark.executor.memoryOverhead")),
                ("spark.executr.memory", Some("spark.executor.memory")),
                ("spark.executor.core", Some("spark.executor.cores")),
                ("sparc.executor.cores", Some("spark.executor.cores")),
                (
                    "spark.executor.decommission.enabled",
                    Some("spark.decommission.enabled"),
                ),
                (
                    "spark.dynamicAllocation.maxExecutor",
                    Some("spark.dynamicAllocation.maxExecutors"),
                ),
                ("spark.dynamicAlocation.enable", Some("spark.dynamicAllocation.enabled")),
            ],
        );
    }

    #[test]
    fn suggests_no_property_because_of_the_segments_that_many_have() {
        check(
            &PROPERTIES,
            &[
                ("spark.executor.foo", None),
                ("spark.executor", None),
                ("spark.executor.memoryFraction", None),
                ("spark.cores", None),
                ("spark.decommission.timeout", None),
                ("spark.enabled", None),
                ("spark", None),
                (".", None),
                ("..", None),
            ],
        );
    }

    #[test]
    fn prefers_the_fewest_errors_and_then_the_first() {
        check(&["coreLimits", "coreLimit"], &[("coreLimitt", Some("coreLimits"))]);
        check(
            &["minExecutors", "maxExecutors"],
            &[("mixExecutors", Some("minExecutors"))],
        );
        check(
            &["spark.a.enabled", "spark.decommission.enabled"],
            &[(
                "spark.executor.decommission.enabled",
                Some("spark.decommission.enabled"),
            )],
        );
    }

    #[test]
    fn forgives_less_where_the_name_may_be_right() {
        let cases = [
            ("Executor", Some("executor")),
            ("service_account", Some("serviceAccount")),
            ("serviceAcount", Some("serviceAccount")),
            ("serviceAccountName", None),
            ("memoryOverheadMiB", None),
        ];
        for (name, expected) in cases {
            assert_eq!(slip_of(name, FIELDS), expected, "{name:?}");
        }
        assert_eq!(did_you_mean("memoryOverheadMiB", FIELDS), Some("memoryOverhead"));
    }

    #[test]
    fn gives_up_at_once_on_a_name_of_a_megabyte() {
        let name = "executor".repeat(1 << 17);
        assert_eq!(did_you_mean(&name, FIELDS), None);
    }
}
