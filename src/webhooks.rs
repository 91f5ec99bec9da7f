//! The webhook configurations: what an API server asks sparkgate about, and what it does when nobody answers.
//!
//! They are text, since the reason for each line belongs beside it. What could lock a cluster out is not rendered: there is no way to
//! ask about everything (`*/*`), the namespaces that get a cluster well again are always left out, and [`Lockout`] says what
//! else is refused.

mod rules;

use std::fmt;

use crate::engine::label;
use crate::engine::policy::PolicySet;
use rules::Rule;

/// The label that every namespace has, with its name (KEP-2161).
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";
/// What a cluster needs to get well again: its own add-ons, and the leases of its nodes.
const NAMESPACES_OF_THE_CLUSTER: [&str; 2] = ["kube-system", "kube-node-lease"];
/// The most seconds for which a request may wait for an answer. Controllers give up after not much more.
const MAX_TIMEOUT: u8 = 10;

/// The label of a namespace that sparkgate looks after, unless another is chosen.
pub const MANAGED: &str = "sparkgate.io/managed=true";

/// A label with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    key: String,
    value: String,
}

impl Label {
    /// Reads `KEY=VALUE`.
    ///
    /// # Errors
    /// What is no label of Kubernetes', with what one looks like.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
        if !label::is_key(key) {
            Err(label::KEY_HELP)
        } else if label::is_value(value) {
            Ok(Self {
                key: key.to_owned(),
                value: value.to_owned(),
            })
        } else {
            Err(label::VALUE_HELP)
        }
    }
}

/// The namespaces whose objects sparkgate is asked about. Those that a cluster needs to get well again are never among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that have a label.
    Labelled(Label),
    /// All others.
    Cluster,
}

/// What the API server does when nobody answers `/validate`, as it spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// It refuses the request: what nobody judged does not run.
    #[default]
    Fail,
    /// It lets it pass.
    Ignore,
}

impl FailurePolicy {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Fail, Self::Ignore];

    /// The API server's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "Fail",
            Self::Ignore => "Ignore",
        }
    }
}

/// Why configurations are not rendered: they could keep a cluster from getting well again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lockout {
    /// A namespace would be asked about that sparkgate, or what it runs on, comes back by.
    #[error(
        "sparkgate cannot look after the namespace `{0}`: while no replica answers nothing could be made there, \
         not even what brings one back; choose the label of other namespaces"
    )]
    Namespace(String),
    /// A replica that hangs would hold up requests until those who make them give up.
    #[error(
        "a timeout of {0} s is too long: a replica that hangs would hold up every request for it, and controllers give up; \
         write {MAX_TIMEOUT} or less"
    )]
    Timeout(u8),
}

/// The configurations that are wanted.
#[derive(Debug)]
pub struct Webhooks<'p> {
    /// What is asked about is what these decide about.
    pub policies: &'p PolicySet,
    /// The namespace of the server and its Service.
    pub namespace: &'p str,
    /// Whose objects.
    pub scope: &'p Scope,
    /// Of `/validate`. That of `/mutate` is always [`FailurePolicy::Ignore`].
    pub failure_policy: FailurePolicy,
    /// For how many seconds a request may wait, from 1.
    pub timeout_seconds: u8,
}

impl Webhooks<'_> {
    /// Writes them as YAML, with the reasons for what they say. Where no policy changes anything, there is no
    /// `MutatingWebhookConfiguration`.
    ///
    /// # Errors
    /// What could lock a cluster out.
    pub fn render(&self) -> Result<String, Lockout> {
        self.check()?;
        let mutating = rules::of_mutations(self.policies);
        let mut text = self.introduction();
        if !mutating.is_empty() {
            text.push_str(&self.mutating(&mutating));
            text.push_str("---\n");
        }
        text.push_str(&self.validating(&rules::of_validations(self.policies)));
        Ok(text)
    }

    fn left_out(&self) -> impl Iterator<Item = &str> {
        let own = Some(self.namespace).filter(|own| !NAMESPACES_OF_THE_CLUSTER.contains(own));
        NAMESPACES_OF_THE_CLUSTER.into_iter().chain(own)
    }

    fn check(&self) -> Result<(), Lockout> {
        if self.timeout_seconds > MAX_TIMEOUT {
            return Err(Lockout::Timeout(self.timeout_seconds));
        }
        match self.scope {
            Scope::Labelled(Label { key, value })
                if key == NAMESPACE_NAME && self.left_out().any(|left_out| left_out == value) =>
            {
                Err(Lockout::Namespace(value.clone()))
            }
            Scope::Labelled(_) | Scope::Cluster => Ok(()),
        }
    }

    fn introduction(&self) -> String {
        let enrolled = match self.scope {
            Scope::Labelled(Label { key, value }) => {
                format!("A namespace is enrolled by the label {key}: \"{value}\".")
            }
            Scope::Cluster => "All namespaces are enrolled.".to_owned(),
        };
        format!(
            "\
# What the API server asks sparkgate about, as `sparkgate manifests` renders it from the policies.
#
# {enrolled}
# Those that the cluster needs to get well again, and sparkgate's own, stay out in any case: else a server that is down could
# keep itself down.
#
# There is no objectSelector: labels are written by those whose objects are judged. There is no caBundle either: whoever
# makes the certificate writes it, and nobody else may own that field.
"
        )
    }

    fn mutating(&self, rules: &[Rule]) -> String {
        format!(
            "\
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  name: sparkgate
webhooks:
  - name: mutate.sparkgate.io
    admissionReviewVersions: [v1]
    clientConfig:
      service: {{namespace: {namespace}, name: sparkgate, path: /mutate, port: 443}}
    # New objects only: most of a pod cannot change later, and an operator restarts a job whose application changes.
    rules:
{rules}{selector}    # An object in another version of its API is converted and asked about, so there is no way round by an old version.
    matchPolicy: Equivalent
    # Mutation fails open: a job without its defaults is better than none. What must not be missing is marked `required` in
    # its policy, and /validate refuses what lacks it.
    failurePolicy: Ignore
    # Another webhook may add what a policy is about. A second call changes nothing of what the first one did.
    reinvocationPolicy: IfNeeded
    sideEffects: None
    # A decision takes well under a millisecond; the rest is for the network.
    timeoutSeconds: {timeout}
",
            namespace = self.namespace,
            rules = Lines(rules),
            selector = self.selector(),
            timeout = self.timeout_seconds,
        )
    }

    fn validating(&self, rules: &[Rule]) -> String {
        let failure = match self.failure_policy {
            FailurePolicy::Fail => {
                "    # Validation fails closed: what nobody judged does not run. While no replica answers, nothing that it is asked about can
    # be made or changed, Spark's or not: hence two of them, a disruption budget, and a priority. To get out of it on a bad
    # night, write Ignore, or take the label from the namespace.
"
            }
            FailurePolicy::Ignore => {
                "    # Validation fails open, for as long as nobody has seen the server answer for a while. Then write Fail: what nobody
    # judged does not run.
"
            }
        };
        format!(
            "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: sparkgate
webhooks:
  - name: validate.sparkgate.io
    admissionReviewVersions: [v1]
    clientConfig:
      service: {{namespace: {namespace}, name: sparkgate, path: /validate, port: 443}}
    # Not by their labels: whoever submits a job can leave these out. Subresources have to be named.
    rules:
{rules}{selector}    # An update that changes none of this is never refused, so it need not wait: while nobody answers, what is there can
    # still be finished, cleaned up and deleted.
    matchConditions:
      - name: changes-what-is-judged
        expression: >-
          request.operation != 'UPDATE'
          || object.?spec != oldObject.?spec
          || object.metadata.?labels != oldObject.metadata.?labels
          || object.metadata.?annotations != oldObject.metadata.?annotations
    matchPolicy: Equivalent
{failure}    failurePolicy: {policy}
    # What an application that is let in still has to get of its quota is kept in memory for some seconds, and an executor that
    # is refused shows as an event. A dry run does neither.
    sideEffects: NoneOnDryRun
    timeoutSeconds: {timeout}
",
            namespace = self.namespace,
            rules = Lines(rules),
            selector = self.selector(),
            policy = self.failure_policy.as_str(),
            timeout = self.timeout_seconds,
        )
    }

    fn selector(&self) -> String {
        let enrolled = match self.scope {
            Scope::Labelled(Label { key, value }) => {
                format!("        - {{key: {key}, operator: In, values: [\"{value}\"]}}\n")
            }
            Scope::Cluster => String::new(),
        };
        let left_out: Vec<&str> = self.left_out().collect();
        format!(
            "    namespaceSelector:\n      matchExpressions:\n{enrolled}        \
             - {{key: {NAMESPACE_NAME}, operator: NotIn, values: [{}]}}\n",
            left_out.join(", ")
        )
    }
}

/// Rules, as items of the list of a webhook.
struct Lines<'r>(&'r [Rule]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in self.0 {
            let group = if rule.group.is_empty() { "\"\"" } else { rule.group };
            write!(
                formatter,
                "      - apiGroups: [{group}]
        apiVersions: [{}]
        operations: [{}]
        resources: [{}]
        scope: Namespaced
",
                rule.versions.join(", "),
                rule.operations.join(", "),
                rule.resources.join(", ")
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
