//! The order of fields in which people write pods. Spark, the operator and the policies each add theirs at the end, in an order that says
//! more of them than of the pod.

use crate::engine::json::{Arena, Json, Member};

/// How the members of an object are sorted.
#[derive(Clone, Copy)]
enum Order {
    /// These first, in this order; the others after them, as they are.
    Begins(&'static [&'static str]),
    /// By their names, which mean nothing to Kubernetes.
    Alphabetical,
}

const METADATA: Order = Order::Begins(&[
    "name",
    "generateName",
    "namespace",
    "labels",
    "annotations",
    "finalizers",
    "ownerReferences",
]);

/// What is short, and says where the pod may run, before what is long.
const SPEC: Order = Order::Begins(&[
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "activeDeadlineSeconds",
    "schedulerName",
    "schedulingGates",
    "priorityClassName",
    "priority",
    "preemptionPolicy",
    "nodeName",
    "nodeSelector",
    "affinity",
    "tolerations",
    "topologySpreadConstraints",
    "runtimeClassName",
    "serviceAccountName",
    "serviceAccount",
    "automountServiceAccountToken",
    "hostname",
    "subdomain",
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "shareProcessNamespace",
    "hostAliases",
    "dnsPolicy",
    "dnsConfig",
    "enableServiceLinks",
    "imagePullSecrets",
    "securityContext",
    "initContainers",
    "containers",
    "ephemeralContainers",
    "volumes",
]);

const CONTAINER: Order = Order::Begins(&[
    "name",
    "image",
    "imagePullPolicy",
    "restartPolicy",
    "command",
    "args",
    "workingDir",
    "env",
    "envFrom",
    "ports",
    "resources",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
    "securityContext",
    "volumeMounts",
    "volumeDevices",
]);

/// Of what has no order of its own: what tells it from its like.
const ANYTHING: Order = Order::Begins(&[
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "name",
    "key",
    "requests",
    "limits",
]);

impl Order {
    /// The order of what stands under a key, or in a list under it.
    fn under(key: &str) -> Self {
        match key {
            "metadata" => METADATA,
            "spec" => SPEC,
            "initContainers" | "containers" | "ephemeralContainers" => CONTAINER,
            "labels" | "annotations" | "nodeSelector" | "matchLabels" | "requests" | "limits" => Self::Alphabetical,
            _ => ANYTHING,
        }
    }

    fn sort(self, members: &mut [Member<'_>]) {
        match self {
            Self::Begins(first) => {
                members.sort_by_key(|(key, _)| first.iter().position(|first| first == key).unwrap_or(first.len()));
            }
            Self::Alphabetical => members.sort_by_key(|(key, _)| *key),
        }
    }
}

/// The same pod, its fields in the order of people. Lists keep theirs.
pub(super) fn for_people<'a>(arena: &'a Arena, pod: Json<'a>) -> Json<'a> {
    ordered(arena, pod, ANYTHING)
}

fn ordered<'a>(arena: &'a Arena, json: Json<'a>, order: Order) -> Json<'a> {
    match json {
        Json::Object(members) => {
            let mut members: Vec<Member<'a>> = members
                .iter()
                .map(|(key, value)| (*key, ordered(arena, *value, Order::under(key))))
                .collect();
            order.sort(&mut members);
            arena.object(&members)
        }
        Json::Array(items) => {
            let items: Vec<Json<'a>> = items.iter().map(|item| ordered(arena, *item, order)).collect();
            arena.array(&items)
        }
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::engine::yaml::{emit, parse_stream};

    #[test]
    fn fields_stand_as_people_write_them_and_lists_as_they_are() {
        let text = "\
spec:
  volumes: [{emptyDir: {}, name: b}, {emptyDir: {}, name: a}]
  unknownField: 1
  containers:
  - volumeMounts: [{mountPath: /b, name: b}]
    resources: {limits: {memory: 1Gi, cpu: 1}, requests: {memory: 1Gi, cpu: 1}}
    env: [{value: '2', name: B}, {value: '1', name: A}]
    image: a/b
    name: spark
  tolerations: [{operator: Exists, key: spot}]
  nodeSelector: {zone: a, pool: b}
  restartPolicy: Never
metadata:
  ownerReferences: [{uid: '0', name: a, kind: Pod, apiVersion: v1}]
  labels: {spark-role: driver, app: a}
  name: a
kind: Pod
apiVersion: v1
";
        let arena = Arena::new();
        let pod = parse_stream(&arena, text).0[0].root;
        insta::assert_snapshot!(emit(for_people(&arena, pod)), @r#"
        apiVersion: v1
        kind: Pod
        metadata:
          name: a
          labels:
            app: a
            spark-role: driver
          ownerReferences:
          - apiVersion: v1
            kind: Pod
            name: a
            uid: "0"
        spec:
          restartPolicy: Never
          nodeSelector:
            pool: b
            zone: a
          tolerations:
          - key: spot
            operator: Exists
          containers:
          - name: spark
            image: a/b
            env:
            - name: B
              value: "2"
            - name: A
              value: "1"
            resources:
              requests:
                cpu: 1
                memory: 1Gi
              limits:
                cpu: 1
                memory: 1Gi
            volumeMounts:
            - name: b
              mountPath: /b
          volumes:
          - name: b
            emptyDir: {}
          - name: a
            emptyDir: {}
          unknownField: 1
        "#);
    }

    #[test]
    fn it_is_the_same_pod_and_ordered_once_for_all() {
        let review = include_str!("../../../fixtures/reviews/executor-pod-spark4.3.0-python-defaults-mutate.json");
        let review: Value = serde_json::from_str(review).unwrap();
        let arena = Arena::new();
        let pod = arena.import(&review["request"]["object"]);
        let ordered = for_people(&arena, pod);
        assert_eq!(ordered, pod);
        assert_eq!(emit(for_people(&arena, ordered)), emit(ordered));
        assert_ne!(emit(pod), emit(ordered));
    }
}
