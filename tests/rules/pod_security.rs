//! `podSecurity`: pods that the Pod Security Standards let in.

use sparkgate::engine::policy::PolicySet;

use super::{application, assert_found, driver_pod, findings, pod, policy, scheduled};

const RULE: &str = "podSecurity";
/// What `restricted` asks of a pod, and of a container.
const POD: &str = "runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}";
const CONTAINER: &str = "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}";

fn level(level: &str) -> PolicySet {
    policy(&format!(
        "  validate: [{{name: tested, podSecurity: {{level: {level}}}}}]"
    ))
}

/// Each row: a control, a pod's spec, the places where `baseline` finds something, and those where `restricted` does.
/// In a spec, POD and CONTAINER stand for what `restricted` asks for.
type Row<'r> = (&'r str, &'r str, &'r [&'r str], &'r [&'r str]);

#[test]
fn every_control_has_what_it_lets_in_and_what_it_does_not() {
    let rows: &[Row<'_>] = &[
        (
            "all well",
            "{securityContext: {POD}, containers: [{name: c, securityContext: {CONTAINER}}]}",
            &[],
            &[],
        ),
        (
            "nothing said",
            "{containers: [{name: c}]}",
            &[],
            &[
                "/spec/containers/0/securityContext/allowPrivilegeEscalation",
                "/spec/containers/0/securityContext/capabilities/drop",
                "/spec/securityContext/runAsNonRoot",
                "/spec/securityContext/seccompProfile",
            ],
        ),
        (
            "appArmorProfile, let in",
            "{securityContext: {POD, appArmorProfile: {type: Localhost, localhostProfile: p}}, containers: [{name: c, securityContext: {CONTAINER, appArmorProfile: {type: RuntimeDefault}}}]}",
            &[],
            &[],
        ),
        (
            "appArmorProfile",
            "{securityContext: {POD, appArmorProfile: {type: Unconfined}}, containers: [{name: c, securityContext: {CONTAINER, appArmorProfile: {type: Unconfined}}}]}",
            &[
                "/spec/securityContext/appArmorProfile/type",
                "/spec/containers/0/securityContext/appArmorProfile/type",
            ],
            &[
                "/spec/securityContext/appArmorProfile/type",
                "/spec/containers/0/securityContext/appArmorProfile/type",
            ],
        ),
        (
            "capabilities, let in by baseline",
            "{securityContext: {POD}, containers: [{name: c, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [CHOWN, NET_BIND_SERVICE]}}}]}",
            &[],
            &["/spec/containers/0/securityContext/capabilities/add/0"],
        ),
        (
            "capabilities",
            "{securityContext: {POD}, containers: [{name: c, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [NET_RAW], add: [SYS_ADMIN]}}}]}",
            &["/spec/containers/0/securityContext/capabilities/add/0"],
            &[
                "/spec/containers/0/securityContext/capabilities/drop",
                "/spec/containers/0/securityContext/capabilities/add/0",
            ],
        ),
        (
            "hostNamespaces, let in",
            "{hostNetwork: false, securityContext: {POD}, containers: [{name: c, securityContext: {CONTAINER}}]}",
            &[],
            &[],
        ),
        (
            "hostNamespaces",
            "{hostNetwork: true, hostPID: true, hostIPC: true, securityContext: {POD}, containers: [{name: c, securityContext: {CONTAINER}}]}",
            &["/spec/hostNetwork", "/spec/hostPID", "/spec/hostIPC"],
            &["/spec/hostNetwork", "/spec/hostPID", "/spec/hostIPC"],
        ),
        (
            "hostPathVolumes and restrictedVolumes",
            "{volumes: [{name: a, hostPath: {path: /}}, {name: b, nfs: {server: s, path: /}}, {name: c, emptyDir: {}}, {name: d, persistentVolumeClaim: {claimName: x}}, {name: e}], securityContext: {POD}, containers: [{name: c, securityContext: {CONTAINER}}]}",
            &["/spec/volumes/0"],
            &["/spec/volumes/0", "/spec/volumes/1", "/spec/volumes/4"],
        ),
        (
            "hostPorts",
            "{securityContext: {POD}, containers: [{name: c, ports: [{containerPort: 1}, {hostPort: 0}, {hostPort: 80}], securityContext: {CONTAINER}}]}",
            &["/spec/containers/0/ports/2/hostPort"],
            &["/spec/containers/0/ports/2/hostPort"],
        ),
        (
            "hostProbesAndHostLifecycle, let in",
            "{securityContext: {POD}, containers: [{name: c, livenessProbe: {httpGet: {port: 1, host: \"\"}}, securityContext: {CONTAINER}}]}",
            &[],
            &[],
        ),
        (
            "hostProbesAndHostLifecycle",
            "{securityContext: {POD}, containers: [{name: c, livenessProbe: {httpGet: {host: h}}, startupProbe: {tcpSocket: {host: h}}, lifecycle: {preStop: {httpGet: {host: h}}}, securityContext: {CONTAINER}}]}",
            &[
                "/spec/containers/0/livenessProbe/httpGet/host",
                "/spec/containers/0/startupProbe/tcpSocket/host",
                "/spec/containers/0/lifecycle/preStop/httpGet/host",
            ],
            &[
                "/spec/containers/0/livenessProbe/httpGet/host",
                "/spec/containers/0/startupProbe/tcpSocket/host",
                "/spec/containers/0/lifecycle/preStop/httpGet/host",
            ],
        ),
        (
            "privileged",
            "{securityContext: {POD}, containers: [{name: c, securityContext: {CONTAINER, privileged: true}}, {name: d, securityContext: {CONTAINER, privileged: false}}]}",
            &["/spec/containers/0/securityContext/privileged"],
            &["/spec/containers/0/securityContext/privileged"],
        ),
        (
            "procMount",
            "{securityContext: {POD}, containers: [{name: c, securityContext: {CONTAINER, procMount: Unmasked}}, {name: d, securityContext: {CONTAINER, procMount: Default}}]}",
            &["/spec/containers/0/securityContext/procMount"],
            &["/spec/containers/0/securityContext/procMount"],
        ),
        (
            "seccompProfile",
            "{securityContext: {runAsNonRoot: true, seccompProfile: {type: Unconfined}}, containers: [{name: c, securityContext: {CONTAINER, seccompProfile: {type: Localhost}}}]}",
            &["/spec/securityContext/seccompProfile/type"],
            &["/spec/securityContext/seccompProfile/type"],
        ),
        (
            "seccompProfile of one container alone",
            "{securityContext: {runAsNonRoot: true}, containers: [{name: c, securityContext: {CONTAINER, seccompProfile: {type: Localhost}}}, {name: d, securityContext: {CONTAINER}}]}",
            &[],
            &["/spec/containers/1/securityContext/seccompProfile"],
        ),
        (
            "seLinuxOptions, let in",
            "{securityContext: {POD, seLinuxOptions: {type: container_engine_t, level: s0}}, containers: [{name: c, securityContext: {CONTAINER, seLinuxOptions: {type: \"\", user: \"\"}}}]}",
            &[],
            &[],
        ),
        (
            "seLinuxOptions",
            "{securityContext: {POD, seLinuxOptions: {type: spc_t}}, containers: [{name: c, securityContext: {CONTAINER, seLinuxOptions: {user: u, role: r}}}]}",
            &[
                "/spec/securityContext/seLinuxOptions/type",
                "/spec/containers/0/securityContext/seLinuxOptions/user",
                "/spec/containers/0/securityContext/seLinuxOptions/role",
            ],
            &[
                "/spec/securityContext/seLinuxOptions/type",
                "/spec/containers/0/securityContext/seLinuxOptions/user",
                "/spec/containers/0/securityContext/seLinuxOptions/role",
            ],
        ),
        (
            "sysctls",
            "{securityContext: {POD, sysctls: [{name: net.ipv4.tcp_rmem, value: \"1\"}, {name: kernel.msgmax, value: \"1\"}]}, containers: [{name: c, securityContext: {CONTAINER}}]}",
            &["/spec/securityContext/sysctls/1/name"],
            &["/spec/securityContext/sysctls/1/name"],
        ),
        (
            "windowsHostProcess",
            "{securityContext: {POD, windowsOptions: {hostProcess: true}}, containers: [{name: c, securityContext: {CONTAINER, windowsOptions: {hostProcess: false}}}]}",
            &["/spec/securityContext/windowsOptions/hostProcess"],
            &["/spec/securityContext/windowsOptions/hostProcess"],
        ),
        (
            "allowPrivilegeEscalation",
            "{securityContext: {POD}, containers: [{name: c, securityContext: {allowPrivilegeEscalation: true, capabilities: {drop: [ALL]}}}]}",
            &[],
            &["/spec/containers/0/securityContext/allowPrivilegeEscalation"],
        ),
        (
            "runAsNonRoot by each container",
            "{securityContext: {seccompProfile: {type: Localhost}}, containers: [{name: c, securityContext: {CONTAINER, runAsNonRoot: true}}]}",
            &[],
            &[],
        ),
        (
            "runAsNonRoot off for one container",
            "{securityContext: {POD}, containers: [{name: c, securityContext: {CONTAINER, runAsNonRoot: false}}]}",
            &[],
            &["/spec/containers/0/securityContext/runAsNonRoot"],
        ),
        (
            "runAsNonRoot said by one container of two",
            "{securityContext: {seccompProfile: {type: Localhost}}, containers: [{name: c, securityContext: {CONTAINER, runAsNonRoot: true}}, {name: d, securityContext: {CONTAINER}}]}",
            &[],
            &["/spec/containers/1/securityContext/runAsNonRoot"],
        ),
        (
            "runAsUser",
            "{securityContext: {POD, runAsUser: 0}, containers: [{name: c, securityContext: {CONTAINER, runAsUser: 185}}]}",
            &[],
            &["/spec/securityContext/runAsUser"],
        ),
        (
            "init and ephemeral containers",
            "{securityContext: {POD}, initContainers: [{name: a, securityContext: {CONTAINER, privileged: true}}], containers: [{name: c, securityContext: {CONTAINER}}], ephemeralContainers: [{name: e, securityContext: {CONTAINER, privileged: true}}]}",
            &[
                "/spec/initContainers/0/securityContext/privileged",
                "/spec/ephemeralContainers/0/securityContext/privileged",
            ],
            &[
                "/spec/initContainers/0/securityContext/privileged",
                "/spec/ephemeralContainers/0/securityContext/privileged",
            ],
        ),
        (
            "a pod for Windows",
            "{os: {name: windows}, securityContext: {runAsNonRoot: true}, containers: [{name: c}]}",
            &[],
            &[],
        ),
    ];
    let [baseline, restricted] = ["baseline", "restricted"].map(level);
    for (case, spec, by_baseline, by_restricted) in rows {
        let spec = spec.replace("POD", POD).replace("CONTAINER", CONTAINER);
        for role in ["driver", "executor"] {
            let pod = pod(role, &spec);
            for (policies, expected) in [(&baseline, by_baseline), (&restricted, by_restricted)] {
                let found = findings(RULE, policies, &pod);
                let places: Vec<_> = found.iter().map(|finding| finding.pointer.as_str()).collect();
                assert_eq!(places, **expected, "{case}: {found:#?}");
            }
        }
    }
}

#[test]
fn apparmor_is_judged_by_its_annotations_too() {
    let of = |profile: &str| {
        let manifest = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, labels: {{spark-role: driver, spark-app-selector: a}}, annotations: {{container.apparmor.security.beta.kubernetes.io/c: {profile}}}}}\nspec: {{containers: [{{name: c}}]}}"
        );
        findings(RULE, &level("baseline"), &manifest).len()
    };
    let cases = [
        ("runtime/default", 0),
        ("localhost/p", 0),
        ("\"\"", 0),
        ("unconfined", 1),
    ];
    for (profile, expected) in cases {
        assert_eq!(of(profile), expected, "{profile}");
    }
}

#[test]
fn an_application_is_told_what_its_pods_will_lack() {
    let restricted = level("restricted");
    let lacking: &[(&str, &str)] = &[
        (
            "/spec/driver",
            "the driver's container `spark-kubernetes-driver` may gain privileges, which `restricted` does not allow",
        ),
        ("/spec/driver", "does not drop all capabilities"),
        ("/spec/driver", "the driver's pod does not say that it runs as non-root"),
        ("/spec/driver", "names no seccomp profile"),
    ];
    let whole = format!("podSecurityContext: {{{POD}}}, securityContext: {{{CONTAINER}}}");
    let rows: &[(&str, String, &[(&str, &str)])] = &[
        (
            "one role lacks all",
            format!("driver: {{}}, executor: {{{whole}}}"),
            lacking,
        ),
        (
            "both have it",
            format!("driver: {{{whole}}}, executor: {{{whole}}}"),
            &[],
        ),
        (
            "a sidecar is a container too",
            format!(
                "driver: {{{whole}, sidecars: [{{name: log, securityContext: {{allowPrivilegeEscalation: false}}}}]}}, executor: {{{whole}}}"
            ),
            &[(
                "/spec/driver/sidecars/0/securityContext/capabilities/drop",
                "container `log` does not drop",
            )],
        ),
        (
            "by the template",
            format!(
                "driver: {{{whole}}}, executor: {{template: {{spec: {{securityContext: {{{POD}}}, containers: [{{name: spark-kubernetes-executor, securityContext: {{{CONTAINER}, privileged: true}}}}]}}}}}}"
            ),
            &[(
                "/spec/executor/template/spec/containers/0/securityContext/privileged",
                "is privileged, which `baseline` does not allow",
            )],
        ),
        (
            "a volume of a property",
            format!(
                "driver: {{{whole}}}, executor: {{{whole}}}, sparkConf: {{spark.kubernetes.executor.volumes.hostPath.spark-local-dir-1.mount.path: /tmp/a, spark.kubernetes.executor.volumes.hostPath.spark-local-dir-1.options.path: /tmp/a}}"
            ),
            &[(
                "/spec/sparkConf/spark.kubernetes.executor.volumes.hostPath.spark-local-dir-1.options.path",
                "a directory of its node",
            )],
        ),
        (
            "a field",
            format!("driver: {{{whole}, hostNetwork: true}}, executor: {{{whole}}}"),
            &[("/spec/driver/hostNetwork", "shares a namespace of its node")],
        ),
    ];
    for (case, members, expected) in rows {
        assert_found(case, &findings(RULE, &restricted, &application(members)), expected);
        let of_schedule: Vec<_> = expected
            .iter()
            .map(|(place, text)| (place.replacen("/spec", "/spec/template", 1), *text))
            .collect();
        let of_schedule: Vec<_> = of_schedule
            .iter()
            .map(|(place, text)| (place.as_str(), *text))
            .collect();
        assert_found(case, &findings(RULE, &restricted, &scheduled(members)), &of_schedule);
    }
    assert_found("baseline", &findings(RULE, &level("baseline"), &application("")), &[]);
}

#[test]
fn the_application_of_apache_is_judged_by_its_templates() {
    let manifest = "apiVersion: spark.apache.org/v1\nkind: SparkApplication\nmetadata: {name: job, namespace: team}\nspec: {jars: \"local:///job.jar\", runtimeVersions: {sparkVersion: 4.0.0}, executorSpec: {podTemplateSpec: {spec: {hostPID: true}}}}";
    assert_found(
        "a template",
        &findings(RULE, &level("baseline"), manifest),
        &[(
            "/spec/executorSpec/podTemplateSpec/spec/hostPID",
            "the executor's pod shares",
        )],
    );
}

#[test]
fn an_entry_is_about_its_roles() {
    let policies = policy("  validate: [{name: tested, roles: [executor], podSecurity: {level: baseline}}]");
    assert_found(
        "a driver",
        &findings(RULE, &policies, &driver_pod("{hostPID: true}")),
        &[],
    );
    assert_found(
        "an application",
        &findings(RULE, &policies, &application("driver: {hostNetwork: true}")),
        &[],
    );
}
