//! What an admission decision costs, as a share of what `serde_json` takes to read the same bytes into a `Value`.
//!
//! `cargo bench` runs it. The candidates take turns within every round, since a machine's speed drifts by more than the differences
//! that matter, and only ratios of medians are printed.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use sparkgate::engine::json::Arena;
use sparkgate::engine::policy::PolicySet;
use sparkgate::engine::request::Phase;
use sparkgate::engine::review::{self, Review};
use sparkgate::engine::{Facts, evaluate};

const ROUNDS: usize = 3_000;

/// From the bytes of a request to the bytes of its answer, as the server does it.
fn decide(arena: &mut Arena, policies: &PolicySet, body: &[u8]) -> Vec<u8> {
    arena.recycle();
    let review = Review::parse(arena, Phase::Mutate, body).unwrap();
    let verdict = evaluate(policies, &review.request, &Facts::default());
    review::answer(review.uid, &verdict, policies.generation()).unwrap()
}

/// The recordings are indented for reading; the API server sends no white space.
fn compact(json: &str) -> String {
    let mut is_string = false;
    let mut is_escaped = false;
    json.chars()
        .filter(|character| {
            let is_kept = is_string || !character.is_ascii_whitespace();
            is_string ^= *character == '"' && !is_escaped;
            is_escaped = *character == '\\' && !is_escaped;
            is_kept
        })
        .collect()
}

/// How long the work takes, the freeing of what it made included: a request pays for both.
fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    drop(black_box(work()));
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Measures one review, and prints its ratio beside the limit that it is held to.
fn measure(name: &str, policies: &PolicySet, body: &[u8], is_patched: bool, limit: f64) {
    let mut arena = Arena::new();
    let answer: serde_json::Value = serde_json::from_slice(&decide(&mut arena, policies, body)).unwrap();
    assert_eq!(
        answer["response"]["patch"].is_string(),
        is_patched,
        "{name} measures what it says"
    );
    let (mut floors, mut decisions) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        floors.push(time(|| {
            serde_json::from_slice::<serde_json::Value>(black_box(body)).unwrap()
        }));
        decisions.push(time(|| decide(&mut arena, policies, black_box(body))));
    }
    let (floor, decision) = (median(floors), median(decisions));
    println!(
        "  {name:<24} {:>6} bytes   Value {floor:>10.1?}   decision {decision:>10.1?}   ratio {:.3} (limit {limit})",
        body.len(),
        decision.as_secs_f64() / floor.as_secs_f64(),
    );
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let policies = sparkgate::policies::load(Some(&root.join("policies")), 1).unwrap();
    for recording in ["spark3.5.9-scala-8g-4x8g", "spark4.3.0-python-defaults"] {
        let file = root.join(format!("fixtures/reviews/executor-pod-{recording}-mutate.json"));
        let executor = compact(&std::fs::read_to_string(file).unwrap());
        // The same bytes, but for what tells that they are Spark's.
        let other = executor
            .replace("spark-app-selector", "other-app-selector")
            .replace("SPARK_", "OTHER_")
            .replace(r#""args":["executor""#, r#""args":["nobody's""#);
        println!("{recording}");
        // A thread each, as the server's workers are: none inherits the heap that another one left behind.
        std::thread::scope(|scope| {
            let patched = scope.spawn(|| measure("executor pod, patched", &policies, executor.as_bytes(), true, 0.35));
            patched.join().unwrap();
            let other = scope.spawn(|| measure("pod that is not Spark's", &policies, other.as_bytes(), false, 0.28));
            other.join().unwrap();
        });
    }
}
