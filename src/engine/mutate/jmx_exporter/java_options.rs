//! How options reach Spark's own JVM, and no other of its container.
//!
//! An executor's come from the variables `SPARK_JAVA_OPT_n`, one option in each, which the image's entrypoint collects. A driver's come from
//! `SPARK_SUBMIT_OPTS`, which `SparkSubmitCommandBuilder` of Spark 3.2 to 4.3 puts before those of `spark.driver.extraJavaOptions`.
//! `JAVA_TOOL_OPTIONS` is read by every JVM, the launcher's too, so that a port in it would be taken twice.

use json_patch::jsonptr::{Pointer, PointerBuf};

use super::plan::Plan;
use crate::engine::json::{Arena, Json};
use crate::engine::workload::RoleName;
use crate::engine::workload::command_line;

const NUMBERED: &str = "SPARK_JAVA_OPT_";
const SUBMIT: &str = "SPARK_SUBMIT_OPTS";
/// What a JVM reads by itself.
const OF_EVERY_JVM: [&str; 2] = ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"];

/// One variable of a container: its place in the list, its name, and all of it.
type Variable<'a> = (usize, &'a str, Json<'a>);

fn variables(container: Json<'_>) -> impl DoubleEndedIterator<Item = Variable<'_>> {
    let env = container.get("env").map_or(&[][..], Json::items);
    env.iter()
        .enumerate()
        .filter_map(|(index, variable)| Some((index, variable.get("name")?.as_str()?, *variable)))
}

fn value(variable: Json<'_>) -> &str {
    variable.get("value").and_then(Json::as_str).unwrap_or_default()
}

/// Plans what gives the JVM of a role these options. `container` stands at `place`.
pub(super) fn add<'a>(
    plan: &mut Plan<'a>,
    role: RoleName,
    place: &Pointer,
    container: Json<'a>,
    options: &[String],
    arena: &'a Arena,
) {
    let env = place.with_trailing_token("env");
    match role {
        RoleName::Driver => add_to_submit(plan, &env, container, options, arena),
        RoleName::Executor => add_numbered(plan, &env, container, options, arena),
    }
}

/// One variable for each option that is not there yet, found by its value: the numbers are of no account.
fn add_numbered<'a>(plan: &mut Plan<'a>, env: &Pointer, container: Json<'a>, options: &[String], arena: &'a Arena) {
    let present: Vec<Variable<'a>> = variables(container)
        .filter(|(_, name, _)| name.starts_with(NUMBERED))
        .collect();
    let numbers = present
        .iter()
        .filter_map(|(_, name, _)| name.strip_prefix(NUMBERED)?.parse::<u32>().ok());
    let mut next = numbers.max().map_or(0, |number| u64::from(number) + 1);
    for option in options {
        let of_same_key = present
            .iter()
            .filter(|(.., variable)| is_same_key(value(*variable), option));
        let mut is_there = false;
        for (index, _, variable) in of_same_key {
            is_there = true;
            if value(*variable) != option {
                let pointer = env.with_trailing_token(*index).with_trailing_token("value");
                plan.replace(pointer, Json::String(arena.string(option)), described(option));
            }
        }
        if !is_there {
            plan.append(env, variable(arena, &format!("{NUMBERED}{next}"), option));
            next += 1;
        }
    }
}

/// All of them in one variable, behind what it holds.
fn add_to_submit<'a>(plan: &mut Plan<'a>, env: &Pointer, container: Json<'a>, options: &[String], arena: &'a Arena) {
    // Of two variables of the same name, a container gets the later.
    let Some((index, _, submit)) = variables(container).rfind(|(_, name, _)| *name == SUBMIT) else {
        plan.append(env, variable(arena, SUBMIT, &options.join(" ")));
        return;
    };
    let place = env.with_trailing_token(index);
    if submit.get("valueFrom").is_some() {
        plan.refuse(
            place,
            format!(
                "the value of `{SUBMIT}` comes from elsewhere, so that the exporter's options cannot be added to it"
            ),
            "write the options into `spark.driver.extraJavaOptions`, or exclude the job from the policy",
        );
        return;
    }
    let written = value(submit);
    let words = command_line::words(written);
    let present: Vec<String> = words.iter().map(|word| word.value.clone()).collect();
    let lacking: Vec<&str> = (options.iter())
        .filter(|option| in_force(&present, option) != Some(*option))
        .map(String::as_str)
        .collect();
    if lacking.is_empty() {
        return;
    }
    let is_contradicted = |option: &str| in_force(&present, option).is_some();
    let contradicted = lacking.iter().find(|option| is_contradicted(option));
    let kept = if contradicted.is_none() {
        written.to_owned()
    } else {
        let is_kept = |value: &str| !lacking.iter().any(|option| is_same_key(value, option));
        let kept = words.iter().filter(|word| is_kept(&word.value));
        kept.map(|word| word.written).collect::<Vec<_>>().join(" ")
    };
    let separator = if kept.is_empty() { "" } else { " " };
    let all = format!("{kept}{separator}{}", lacking.join(" "));
    let after = command_line::split(&all);
    if options.iter().any(|option| in_force(&after, option) != Some(option)) {
        plan.refuse(
            place,
            format!("the value of `{SUBMIT}` ends in an open quote or a backslash, so that nothing can be added to it"),
            "close the quote; Spark does not start a driver with it as it is",
        );
        return;
    }
    let pointer = place.with_trailing_token("value");
    let all = Json::String(arena.string(&all));
    match contradicted {
        Some(option) => plan.replace(pointer, all, described(option)),
        None => plan.extend(pointer, all),
    }
}

/// What the JVM takes of the options with the same key.
fn in_force<'o>(options: &'o [String], option: &str) -> Option<&'o String> {
    options.iter().rfind(|present| is_same_key(present, option))
}

fn variable<'a>(arena: &'a Arena, name: &str, value: &str) -> Json<'a> {
    let text = |text| Json::String(arena.string(text));
    arena.object(&[("name", text(name)), ("value", text(value))])
}

/// What an option is about: the property that it sets, else the whole of it.
fn key(option: &str) -> &str {
    match option.split_once('=') {
        Some((key, _)) if key.starts_with("-D") => key,
        _ => option,
    }
}

fn is_same_key(present: &str, option: &str) -> bool {
    key(present) == key(option)
}

/// The option, without the value that another one gives it.
fn described(option: &str) -> String {
    format!("Java option `{}`", key(option))
}

/// Where the pod brings an exporter of its own in its JVM's options.
pub(super) fn exporter_of_its_own(container: Json<'_>, env: &Pointer, ours: &[String]) -> Option<PointerBuf> {
    let is_read = |name: &str| name.starts_with(NUMBERED) || name == SUBMIT || OF_EVERY_JVM.contains(&name);
    variables(container)
        .filter(|(_, name, _)| is_read(name))
        .find(|(.., variable)| {
            command_line::split(value(*variable))
                .iter()
                .any(|option| is_exporter(option) && !ours.contains(option))
        })
        .map(|(index, ..)| env.with_trailing_token(index))
}

/// Whether options that are written as one text load an exporter, or open JMX to the network.
pub(super) fn bring_an_exporter(options: &str) -> bool {
    let options = command_line::split(options);
    (options.iter()).any(|option| is_exporter(option) || option.starts_with("-Dcom.sun.management.jmxremote.port="))
}

fn is_exporter(option: &str) -> bool {
    option
        .strip_prefix("-javaagent:")
        .is_some_and(|agent| agent.to_ascii_lowercase().contains("jmx"))
}
