//! `images`: where images come from, and that they stay what they are.
//!
//! ## What it does
//! Looks at the image of every container, those of init and ephemeral containers and of image volumes among them, whichever field, property or
//! template it comes from. `registries` are the registries and paths that images may come from, with what the container runtime fills in for
//! what is left out: `spark` is `docker.io/library/spark`. `pinned: tag` refuses `latest` and no tag at all, `pinned: digest` whatever has no
//! digest. `sameInBothRoles` compares the Spark containers of driver and executor. It decides about applications and about pods; a pod
//! alone does not tell what the other role runs.
//!
//! ## Why
//! Whoever can choose the image runs what they like with the rights of the job. A tag that moves gives executors that start later another Spark than
//! their driver has, and classes that differ by a build fail in the middle of a job, or worse, do not.
//!
//! ## Policy
//! ```yaml
//! - name: trusted-images
//!   images:
//!     # Registries, or paths in them. `*` stands for any letters but `/`, `**` for any.
//!     registries: [registry.example.com, "ghcr.io/acme/spark-*"]
//!     # `tag`: a tag other than `latest`, or a digest. `digest`: a digest.
//!     pinned: tag
//!     # Driver and executor run the same image.
//!     sameInBothRoles: true
//! ```
//!
//! ## Fails
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: apache/spark:latest
//!   mainApplicationFile: local:///etl.jar
//!   driver: {}
//!   executor: {}
//! ```
//!
//! ## Passes
//! ```yaml
//! apiVersion: sparkoperator.k8s.io/v1beta2
//! kind: SparkApplication
//! metadata: {name: etl}
//! spec:
//!   type: Scala
//!   sparkVersion: 3.5.1
//!   image: registry.example.com/data/spark:3.5.1
//!   mainApplicationFile: local:///etl.jar
//!   driver: {}
//!   executor: {}
//! ```

use globset::{GlobBuilder, GlobMatcher};
use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use super::pattern::PatternError;
use super::{Case, Rule, Violation};
use crate::engine::image::ImageReference;
use crate::engine::json::Json;
use crate::engine::policy::document::Problem;
use crate::engine::workload::{EffectivePod, Located, RoleName, pod};

/// The field of a policy entry that the rule is written in.
pub const NAME: &str = "images";

/// The tag that stands for no version.
const LATEST: &str = "latest";

/// The rule, as a policy configures it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Images {
    /// Where images may come from; anywhere when not given.
    registries: Option<Vec<Registry>>,
    /// What keeps an image from changing; nothing has to when not given.
    pinned: Option<Pin>,
    /// Whether driver and executor run the same image.
    #[serde(default)]
    same_in_both_roles: bool,
}

/// A registry, or a path in one, as a pattern. All that is below it is meant too.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Registry(GlobMatcher);

/// What keeps an image from changing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Pin {
    /// A tag that is not `latest`, or more.
    Tag,
    /// A digest.
    Digest,
}

impl TryFrom<String> for Registry {
    type Error = PatternError;

    fn try_from(pattern: String) -> Result<Self, PatternError> {
        let path = pattern.trim_end_matches('/');
        if path.is_empty() {
            return Err(PatternError::Empty);
        }
        match GlobBuilder::new(path).literal_separator(true).build() {
            Ok(glob) => Ok(Self(glob.compile_matcher())),
            Err(error) => Err(PatternError::Malformed {
                reason: error.kind().to_string(),
                pattern,
            }),
        }
    }
}

impl Registry {
    /// Whether the pattern stands for the image's name, or for a path that it is below.
    fn has(&self, image: &ImageReference) -> bool {
        let name = image.name();
        name.match_indices('/')
            .filter_map(|(slash, _)| name.get(..slash))
            .chain([name.as_str()])
            .any(|path| self.0.is_match(path))
    }
}

impl Rule for Images {
    fn problems(&self) -> Vec<Problem> {
        if self.registries.as_ref().is_some_and(Vec::is_empty) {
            let place = PointerBuf::from_tokens(["registries"]);
            return vec![
                Problem::at(place, "no image may come from anywhere")
                    .with_help("name a registry, or leave the field out"),
            ];
        }
        if self.registries.is_none() && self.pinned.is_none() && !self.same_in_both_roles {
            return vec![
                Problem::at(PointerBuf::root(), "the rule asks for nothing")
                    .with_help("give it `registries`, `pinned` or `sameInBothRoles: true`"),
            ];
        }
        Vec::new()
    }

    fn judge(&self, case: &Case<'_, '_>, roles: &[RoleName]) -> Vec<Violation> {
        let pods = case.pods.iter().filter(|pod| roles.contains(&pod.role));
        let mut violations: Vec<Violation> = pods.flat_map(|pod| self.judge_pod(pod)).collect();
        if let [driver, executor] = case.pods
            && self.same_in_both_roles
        {
            violations.extend(differing(driver, executor));
        }
        violations
    }
}

/// What is wrong with an image, and what to write instead.
struct Fault {
    message: String,
    help: String,
}

impl Images {
    fn judge_pod(&self, pod: &EffectivePod<'_>) -> Vec<Violation> {
        images(pod.pod)
            .flat_map(|(whose, image)| {
                let text = image.json.as_str().filter(|text| !text.is_empty());
                let faults = text.map_or(Vec::new(), |text| self.faults(text));
                faults.into_iter().map(move |Fault { message, help }| {
                    let message = format!("the {}'s {whose} {message}", pod.role);
                    Violation::in_pod(pod, &image.pointer, message).with_help(help)
                })
            })
            .collect()
    }

    fn faults(&self, image: &str) -> Vec<Fault> {
        match ImageReference::parse(image) {
            Ok(image) => [self.registry_fault(&image), self.pin_fault(&image)]
                .into_iter()
                .flatten()
                .collect(),
            Err(error) => vec![Fault {
                message: format!("has `{image}`, which refers to no image: {error}"),
                help: "write it as `registry/path:tag`".to_owned(),
            }],
        }
    }

    fn registry_fault(&self, image: &ImageReference) -> Option<Fault> {
        let registries = self.registries.as_ref()?;
        if registries.iter().any(|registry| registry.has(image)) {
            return None;
        }
        let allowed: Vec<String> = registries
            .iter()
            .map(|registry| format!("`{}`", registry.0.glob().glob()))
            .collect();
        Some(Fault {
            message: format!("has its image from `{}`, which is not allowed", image.name()),
            help: format!("take one from {}", allowed.join(", ")),
        })
    }

    fn pin_fault(&self, image: &ImageReference) -> Option<Fault> {
        if image.digest.is_some() {
            return None;
        }
        let (why, help) = match (self.pinned?, image.tag.as_deref()) {
            (Pin::Digest, _) => ("has no digest", "append the digest, as in `name:tag@sha256:…`"),
            (Pin::Tag, None) => (
                "has no tag, and so is whatever is the latest",
                "name a version as its tag",
            ),
            (Pin::Tag, Some(LATEST)) => ("is another one after every release", "name a version as its tag"),
            (Pin::Tag, Some(_)) => return None,
        };
        Some(Fault {
            message: format!("has the image `{image}`, which {why}"),
            help: help.to_owned(),
        })
    }
}

/// The images of a pod, where each is written, and what has it.
fn images(pod: Json<'_>) -> impl Iterator<Item = (String, Located<'_>)> {
    let name = |part: &Located<'_>| {
        part.json
            .get("name")
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let of_containers = pod::containers(pod)
        .filter_map(move |container| Some((format!("container `{}`", name(&container)), container.get("image")?)));
    let of_volumes = pod::of_list(pod, "volumes").filter_map(move |volume| {
        Some((
            format!("volume `{}`", name(&volume)),
            volume.at(["image", "reference"])?,
        ))
    });
    of_containers.chain(of_volumes)
}

/// The image of the container that Spark runs in.
fn spark_image<'a>(pod: &EffectivePod<'a>) -> Option<(PointerBuf, &'a str)> {
    let (index, _) = pod::spark_container(pod.pod)?;
    let image = pod::of_list(pod.pod, "containers").nth(index)?.get("image")?;
    Some((image.pointer.clone(), image.json.as_str()?))
}

fn differing(driver: &EffectivePod<'_>, executor: &EffectivePod<'_>) -> Option<Violation> {
    let (_, of_driver) = spark_image(driver)?;
    let (place, of_executor) = spark_image(executor)?;
    let of_driver = ImageReference::parse(of_driver).ok()?;
    let of_executor = ImageReference::parse(of_executor).ok()?;
    (of_driver != of_executor).then(|| {
        let message = format!("the executor runs `{of_executor}`, and the driver `{of_driver}`");
        Violation::in_pod(executor, &place, message).with_help("set one image for both")
    })
}
