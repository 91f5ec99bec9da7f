//! `jmxExporter`: adds Prometheus' JMX exporter to Spark's JVMs.
//!
//! ## What it does
//! With `mode: sidecar` it adds a native sidecar (an init container with `restartPolicy: Always`) that runs the exporter's standalone
//! server, and has Spark's JVM open JMX to it on 127.0.0.1. With `mode: agent` it loads the exporter into Spark's JVM, out of Spark's own
//! image, or out of another one, from which an init container brings it. Either way the port is announced under the name `jmx-exporter`, and
//! the exporter reads `/etc/jmx-exporter/config.yaml`, which comes from a `ConfigMap` in the pod's namespace, or from the policy, by way of
//! the annotation `sparkgate.io/jmx-exporter` of the pod.
//!
//! All of it is added, or nothing. Nothing is added where the application brings an exporter: by kubeflow's `monitoring.prometheus`, by a
//! `-javaagent` with `jmx` in it, or in a container `jmx-exporter`. Where the pod has something of a name or key that is needed and says
//! something else there (an annotation, a volume, a mount, a Java option), `onConflict` decides. A port that is taken is a finding: by
//! another container, by `ports` of the application, or by Spark, to which 7078, 7079, 4040 and 15002 belong. So is a pod in its node's
//! network, where the ports would be anybody's, and a sidecar in a cluster before Kubernetes 1.29, which does not have native ones.
//!
//! A configuration from a `ConfigMap` has to say itself where a sidecar finds the JVM: `hostPort: 127.0.0.1:9999`, with the number of
//! `jmxPort`. One that is written in the policy is completed with it.
//!
//! The container that is added may do no more than the `restricted` level of the Pod Security Standards allows. It runs as the user of its
//! image, which must be a number other than 0, or as `runAsUser`.
//!
//! ### What the image has to do
//! The options reach Spark's JVM, and no other of its container, through what the entrypoint of the image passes on. That of Apache Spark
//! does so in all versions from 3.2 to 4.3, and that of the images `apache/spark` and `spark` too. An image with another entrypoint has to
//!
//! - start an executor's JVM with the value of each variable `SPARK_JAVA_OPT_n` as one argument, which it also needs for
//!   `spark.executor.extraJavaOptions`;
//! - start a driver by `spark-submit`, and leave `SPARK_SUBMIT_OPTS` as it is, if need be by adding to it. What it is set to with `envFrom` is
//!   not seen, and lost.
//!
//! Java 8 before 8u102 does not know how to keep JMX to 127.0.0.1, and opens it to the network: such an image needs `mode: agent`.
//!
//! ## Why
//! Most of what goes wrong in a Spark job goes wrong in its JVMs, and few jobs were written with metrics in mind. `JAVA_TOOL_OPTIONS`, the
//! usual way to add an agent, is read by every JVM of a container: that of `spark-submit`'s launcher takes the port, and the driver does not
//! start. A sidecar that is an ordinary container keeps a driver's pod running after its job has ended.
//!
//! ## Policy
//! ```yaml
//! - name: jvm-metrics
//!   # Both, when left out.
//!   roles: [driver, executor]
//!   # The pod's own word counts; or override, or deny.
//!   onConflict: keep
//!   jmxExporter:
//!     # Beside Spark's JVM; or agent, in it.
//!     mode: sidecar
//!     # Of the standalone server. Of an agent, the image that has the jar; left out when Spark's own has it.
//!     image: registry.example.com/jmx-exporter:1.5.0
//!     # Of a sidecar, when its image starts something else. It is given the port and the file as arguments.
//!     command: [java, -jar, /opt/jmx_prometheus_standalone.jar]
//!     # Of an agent: where the jar is.
//!     # jar: /opt/jmx_prometheus_javaagent.jar
//!     # Where the metrics are, at /metrics.
//!     port: 9404
//!     # Of a sidecar: where it finds Spark's JVM.
//!     jmxPort: 9999
//!     # The exporter's own configuration; or configMap, with the name and the key of one, which is config.yaml when left out.
//!     config:
//!       inline:
//!         lowercaseOutputName: true
//!         rules: [{pattern: ".*"}]
//!     # Of the container that is added; these, when left out.
//!     resources:
//!       requests: {cpu: 50m, memory: 128Mi}
//!       limits: {cpu: 500m, memory: 128Mi}
//!     # Of the container that is added; the image's own, when left out.
//!     runAsUser: 65534
//!     # Whether the pod gets the annotations prometheus.io/scrape, prometheus.io/port and prometheus.io/path.
//!     prometheusAnnotations: true
//! ```

mod config;
mod container;
mod document;
mod injection;
mod java_options;
mod plan;
mod ports;

#[cfg(test)]
mod tests;

use json_patch::jsonptr::PointerBuf;
use serde::Deserialize;

use self::document::Document;
use self::injection::Injection;
use super::{AddedVolume, Editor, Mutation, PodContext};
use crate::engine::patch::PatchError;
use crate::engine::policy::document::Problem;

/// The field of a policy entry that the mutation is written in.
pub const NAME: &str = "jmxExporter";

/// An exporter to add, or what is wrong with how it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Document")]
pub struct JmxExporter(Result<Injection, Vec<Problem>>);

impl From<Document> for JmxExporter {
    fn from(document: Document) -> Self {
        Self(document.compile())
    }
}

impl Mutation for JmxExporter {
    fn problems(&self) -> Vec<Problem> {
        self.0.as_ref().err().cloned().unwrap_or_default()
    }

    fn change_pod(&self, context: &PodContext<'_>, editor: &mut Editor<'_, '_>) -> Result<(), PatchError> {
        match &self.0 {
            Ok(injection) => injection.add_to_pod(context, editor),
            // A policy with problems does not load.
            Err(_) => Ok(()),
        }
    }

    /// Their names are the exporter's own, so that what is to blame for them is all of it.
    fn volumes(&self) -> Vec<AddedVolume<'_>> {
        let volumes = self.0.iter().flat_map(|injection| &injection.volumes);
        volumes
            .map(|volume| AddedVolume {
                pointer: PointerBuf::root(),
                volume,
            })
            .collect()
    }
}
