//! The options of an executor's JVM, which its container gets one by one in `SPARK_JAVA_OPT_n`.
//!
//! `BasicExecutorFeatureStep`, `SparkContext.supplementJavaModuleOptions` and `supplementJavaIPv6Options`, `Utils.splitCommandString`, and
//! `SparkConf.isExecutorStartupConf`. Spark lists them in the order of a hash table; here they are in the order of their numbers, which is
//! the order in which the image's entrypoint takes them.

use super::spark_pod::SPARK_DEFAULT;
use super::step::Step;
use super::{Draft, env, generated};
use crate::engine::workload::Origin;
use crate::engine::workload::command_line::split;

/// One variable per option: Spark's own for the modules of Java, the user's, and what an executor has to know before it can ask.
pub(super) fn variables<'a>(step: &Step<'_, 'a>) -> Vec<Draft<'a>> {
    let mut options: Vec<(String, Origin)> = Vec::new();
    if step.since(3, 4) {
        options.push(("-Djava.net.preferIPv6Addresses=false".to_owned(), SPARK_DEFAULT));
    }
    options.extend(module_options(step).into_iter().map(|option| (option, SPARK_DEFAULT)));
    for name in ["spark.executor.defaultJavaOptions", "spark.executor.extraJavaOptions"] {
        if let Some(property) = step.property(name) {
            let text = generated::with_ids(step, property.value);
            options.extend(split(&text).into_iter().map(|option| (option, property.origin.clone())));
        }
    }
    options.extend(startup_properties(step));
    let variables = options.into_iter().enumerate().map(|(number, (option, origin))| {
        let name = step.arena.string(&format!("SPARK_JAVA_OPT_{number}"));
        env::variable(name, step.arena.string(&option), origin)
    });
    variables.collect()
}

/// The packages of Java that Spark reaches into.
const OPENED: [&str; 15] = [
    "java.base/java.lang",
    "java.base/java.lang.invoke",
    "java.base/java.lang.reflect",
    "java.base/java.io",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.base/sun.nio.cs",
    "java.base/sun.security.action",
    "java.base/sun.util.calendar",
    "java.security.jgss/sun.security.krb5",
];

/// `JavaModuleOptions` of Spark 3.3 and later.
fn module_options(step: &Step<'_, '_>) -> Vec<String> {
    if !step.since(3, 3) {
        return Vec::new();
    }
    let from = |since: bool, option: &'static str| since.then(|| option.to_owned());
    let before = [
        from(true, "-XX:+IgnoreUnrecognizedVMOptions"),
        from(step.since(4, 0), "--add-modules=jdk.incubator.vector"),
    ];
    let opened = OPENED.map(|package| Some(format!("--add-opens={package}=ALL-UNNAMED")));
    let after = [
        from(
            step.since(3, 4) && !step.since(4, 2),
            "-Djdk.reflect.useDirectMethodHandle=false",
        ),
        from(step.since(4, 0), "-Dio.netty.tryReflectionSetAccessible=true"),
        from(step.since(4, 1), "-Dio.netty.allocator.type=pooled"),
        from(
            step.since(4, 1),
            "-Dio.netty.handler.ssl.defaultEndpointVerificationAlgorithm=NONE",
        ),
        from(step.since(4, 2), "--sun-misc-unsafe-memory-access=allow"),
        from(step.since(4, 1), "--enable-native-access=ALL-UNNAMED"),
    ];
    before.into_iter().chain(opened).chain(after).flatten().collect()
}

/// `SparkConf.isExecutorStartupConf`: what an executor needs to reach the driver.
fn startup_properties(step: &Step<'_, '_>) -> Vec<(String, Origin)> {
    let is_port = |name: &str| name.rsplit('.').next() == Some("port") || name.starts_with("spark.port.");
    let is_startup = |name: &str| {
        (name.starts_with("spark.auth") && name != "spark.authenticate.secret")
            || ["spark.rpc", "spark.network"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
            || is_port(name)
    };
    let given = step.submission.properties.with_prefix("spark.");
    let mut options: Vec<(String, Origin)> = Vec::new();
    for (rest, property) in given {
        let name = format!("spark.{rest}");
        if is_startup(&name) {
            options.push((format!("-D{name}={}", property.value), property.origin.clone()));
        }
    }
    for (name, port) in [("spark.driver.port", 7078), ("spark.driver.blockManager.port", 7079)] {
        if step.property(name).is_none() {
            options.push((format!("-D{name}={port}"), SPARK_DEFAULT));
        }
    }
    options
}
