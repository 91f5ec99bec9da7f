//! Mounts and the volumes that they name.

use sparkgate::engine::policy::PolicySet;

use super::{EXPORTER, RULE, assert_rows};
use crate::rules::{assert_found, driver_pod, findings};

#[test]
fn mounts_name_volumes() {
    let with_exporter = format!(
        "{EXPORTER}, driver: {{sidecars: [{{name: s, volumeMounts: [{{name: job-prom-conf-vol, mountPath: /m}}]}}]}}"
    );
    assert_rows(&[
        (
            "a volume of the application",
            "volumes: [{name: data, emptyDir: {}}], driver: {volumeMounts: [{name: data, mountPath: /data}]}",
            &[],
        ),
        (
            "no such volume",
            "volumes: [{name: data, emptyDir: {}}], executor: {volumeMounts: [{name: dada, mountPath: /data}]}",
            &[(
                "/spec/executor/volumeMounts/0/name",
                "the application has no volume `dada` to mount",
            )],
        ),
        (
            "no volumes",
            "driver: {volumeMounts: [{name: data, mountPath: /data}]}",
            &[("/spec/driver/volumeMounts/0/name", "no volume `data`")],
        ),
        (
            "a local directory",
            "volumes: [{name: spark-local-dir-1, emptyDir: {}}], executor: {volumeMounts: [{name: spark-local-dir-1, mountPath: /scratch}]}",
            &[],
        ),
        (
            "a local directory without a volume",
            "executor: {volumeMounts: [{name: spark-local-dir-1, mountPath: /scratch}]}",
            &[("/spec/executor/volumeMounts/0/name", "no volume `spark-local-dir-1`")],
        ),
        (
            "a volume of the template",
            "driver: {volumeMounts: [{name: data, mountPath: /data}], template: {spec: {volumes: [{name: data, emptyDir: {}}]}}}",
            &[(
                "/spec/driver/volumeMounts/0/name",
                "`data` is a volume of the driver's template",
            )],
        ),
        (
            "within the template",
            "driver: {template: {spec: {containers: [{name: c, volumeMounts: [{name: data, mountPath: /data}]}], volumes: [{name: data, emptyDir: {}}]}}}",
            &[],
        ),
        (
            "within the template, nothing",
            "executor: {template: {spec: {initContainers: [{name: c, volumeMounts: [{name: data, mountPath: /data}]}]}}}",
            &[(
                "/spec/executor/template/spec/initContainers/0/volumeMounts/0/name",
                "no volume `data`",
            )],
        ),
        (
            "the other role's template",
            "executor: {template: {spec: {containers: [{name: c, volumeMounts: [{name: data, mountPath: /data}]}]}}, sidecars: []}, driver: {template: {spec: {volumes: [{name: data, emptyDir: {}}]}}}",
            &[(
                "/spec/executor/template/spec/containers/0/volumeMounts/0/name",
                "no volume `data`",
            )],
        ),
        (
            "an init container",
            "volumes: [{name: data, emptyDir: {}}], driver: {initContainers: [{name: i, volumeMounts: [{name: data, mountPath: /data}]}]}",
            &[],
        ),
        (
            "a sidecar, nothing",
            "driver: {sidecars: [{name: s, volumeMounts: [{name: ok, mountPath: /a}, {name: data, mountPath: /b}]}]}, volumes: [{name: ok, emptyDir: {}}]",
            &[("/spec/driver/sidecars/0/volumeMounts/1/name", "no volume `data`")],
        ),
        (
            "a ConfigMap's volume in a sidecar",
            "driver: {configMaps: [{name: settings, path: /etc/settings}], sidecars: [{name: s, volumeMounts: [{name: settings-vol, mountPath: /a}]}]}",
            &[],
        ),
        (
            "of the other role",
            "executor: {configMaps: [{name: settings, path: /etc/settings}]}, driver: {sidecars: [{name: s, volumeMounts: [{name: settings-vol, mountPath: /a}]}]}",
            &[(
                "/spec/driver/sidecars/0/volumeMounts/0/name",
                "no volume `settings-vol`",
            )],
        ),
        (
            "which the operator mounts itself",
            "driver: {configMaps: [{name: settings, path: /etc/settings}], volumeMounts: [{name: settings-vol, mountPath: /a}]}",
            &[("/spec/driver/volumeMounts/0/name", "no volume `settings-vol`")],
        ),
        (
            "a Secret's volume in a sidecar",
            "driver: {secrets: [{name: key, path: /etc/key, secretType: GCPServiceAccount}], sidecars: [{name: s, volumeMounts: [{name: key-volume, mountPath: /a}]}]}",
            &[],
        ),
        (
            "a Secret's volume by property",
            "sparkConf: {spark.kubernetes.driver.secrets.key: /etc/key}, driver: {sidecars: [{name: s, volumeMounts: [{name: key-volume, mountPath: /a}]}]}",
            &[],
        ),
        (
            "Spark's own configuration",
            "driver: {sidecars: [{name: s, volumeMounts: [{name: spark-conf-volume-driver, mountPath: /a}]}]}",
            &[],
        ),
        (
            "Spark's local directory",
            "executor: {sidecars: [{name: s, volumeMounts: [{name: spark-local-dir-1, mountPath: /a}]}]}",
            &[],
        ),
        (
            "a local directory that Spark does not make",
            "executor: {sidecars: [{name: s, volumeMounts: [{name: spark-local-dir-2, mountPath: /a}]}]}",
            &[(
                "/spec/executor/sidecars/0/volumeMounts/0/name",
                "no volume `spark-local-dir-2`",
            )],
        ),
        (
            "the other role's configuration",
            "executor: {sidecars: [{name: s, volumeMounts: [{name: spark-conf-volume-driver, mountPath: /a}]}]}",
            &[(
                "/spec/executor/sidecars/0/volumeMounts/0/name",
                "no volume `spark-conf-volume-driver`",
            )],
        ),
        (
            "the operator's ConfigMap of Spark",
            "sparkConfigMap: c, driver: {sidecars: [{name: s, volumeMounts: [{name: spark-configmap-volume, mountPath: /a}]}]}",
            &[],
        ),
        (
            "which is not there",
            "driver: {sidecars: [{name: s, volumeMounts: [{name: hadoop-configmap-volume, mountPath: /a}]}]}",
            &[(
                "/spec/driver/sidecars/0/volumeMounts/0/name",
                "no volume `hadoop-configmap-volume`",
            )],
        ),
        ("the exporter's configuration", &with_exporter, &[]),
        (
            "a volume by property",
            "sparkConf: {spark.kubernetes.driver.volumes.emptyDir.data.mount.path: /data}, driver: {initContainers: [{name: i, volumeMounts: [{name: data, mountPath: /data}]}]}",
            &[],
        ),
        (
            "of the other role, by property",
            "sparkConf: {spark.kubernetes.executor.volumes.emptyDir.data.mount.path: /data}, driver: {initContainers: [{name: i, volumeMounts: [{name: data, mountPath: /data}]}]}",
            &[("/spec/driver/initContainers/0/volumeMounts/0/name", "no volume `data`")],
        ),
        (
            "mounted by property already",
            "sparkConf: {spark.kubernetes.driver.volumes.emptyDir.data.mount.path: /data}, driver: {volumeMounts: [{name: data, mountPath: /data}]}",
            &[("/spec/driver/volumeMounts/0/name", "no volume `data`")],
        ),
    ]);
}

#[test]
fn mounts_of_pods_name_volumes_of_the_pod() {
    let mounts = "containers: [{name: c, volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /b}]}]";
    let cases: [(&str, String, &[(&str, &str)]); 4] = [
        (
            "both",
            format!("{{{mounts}, volumes: [{{name: a}}, {{name: b}}]}}"),
            &[],
        ),
        (
            "one",
            format!("{{{mounts}, volumes: [{{name: a}}]}}"),
            &[(
                "/spec/containers/0/volumeMounts/1/name",
                "the driver's pod has no volume `b` to mount",
            )],
        ),
        (
            "a null",
            format!("{{{mounts}, volumes: null, initContainers: null}}"),
            &[
                ("/spec/containers/0/volumeMounts/0/name", "`a`"),
                ("/spec/containers/0/volumeMounts/1/name", "`b`"),
            ],
        ),
        ("no spec", "null".to_owned(), &[]),
    ];
    for (case, spec, expected) in cases {
        assert_found(
            case,
            &findings(RULE, &PolicySet::builtin(), &driver_pod(&spec)),
            expected,
        );
    }
}
