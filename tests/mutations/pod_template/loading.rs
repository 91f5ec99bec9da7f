//! What loading says about templates that are wrong, and where: in a file of their own, and inline.

use sparkgate::engine::policy::Source;

use crate::judging::{policies, policy};
use crate::policy_files::{assert_rows, errors, marked, mutation, said, source};

/// A file that holds a template alone.
fn of_file(template: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\n{template}\n")
}

/// A policy that holds it inline.
fn of_policy(template: &str) -> String {
    mutation(&format!("podTemplate: {{inline: {{{template}}}}}"))
}

/// A template with this in its spec.
fn spec(fields: &str) -> String {
    of_file(&format!("spec: {{{fields}}}"))
}

/// A template with this in its Spark container.
fn spark(fields: &str) -> String {
    spec(&format!("containers: [{{name: spark, {fields}}}]"))
}

/// A template of an init container that nothing is wrong with but this.
fn injected(fields: &str) -> String {
    let restricted = super::RESTRICTED;
    spec(&format!(
        "initContainers: [{{<<: {{name: a, image: b, {restricted}}}, {fields}}}]"
    ))
}

#[test]
fn a_reference_names_one_template_that_there_is() {
    assert_rows(
        mutation,
        r"
        «podTemplate: {}
            the mutation has no template; give it `file` or `inline`
        «podTemplate: {file: a.yaml, inline: {}}
            the mutation has two templates; leave out `file` or `inline`
        podTemplate: {«fil: a.yaml}
            unknown field `fil`; did you mean `file`?
        podTemplate: {file: «a.yaml}
            no file `a.yaml` of the policy directory holds a pod template; put a manifest of `apiVersion: v1` and `kind: Pod` right into the directory, and write the name of its file
        podTemplate: {«inline: []}
            a pod template is a pod, and this is a list; write `spec:`, and below it what pods are to have
        podTemplate: {«inline: {}}
            the pod template says nothing; write `spec:`, and below it what pods are to have
        podTemplate: {inline: {apiVersion: «v2, spec: {hostname: a}}}
            a pod template is a pod; write `apiVersion: v1`
    ",
    );
    let reference = "podTemplate: {file: «platform-pood.yaml}";
    let text = mutation(reference);
    let template = source("policies/platform-pod.yaml", &of_file("spec: {hostname: a}"));
    let said: Vec<String> = errors(&[source("policies/p.yaml", &text), template])
        .iter()
        .map(said)
        .collect();
    let (line, column) = marked(&text);
    let expected = format!(
        "policies/p.yaml:{line}:{column}: no file `platform-pood.yaml` of the policy directory holds a pod template; did you mean `platform-pod.yaml`?"
    );
    assert_eq!(said, [expected]);
}

#[test]
fn what_is_wrong_is_shown_where_the_template_stands() {
    for place in [of_file, of_policy] {
        assert_rows(
            place,
            r"
            metadata: {«name: a}
                `name` is each pod's own: of the metadata a pod template has only `labels` and `annotations`; leave it out
            spec: {containers: [{name: «logger}]}
                the container `logger` matches nothing: in `containers` a pod template has only `spark`, the container that Spark runs in; write a sidecar into `initContainers`, with `restartPolicy: Always`: a plain container keeps the driver's pod alive for ever
            spec: {containers: [{name: spark, env: [{name: A, «vaule: b}]}]}
                `vaule` is not a field of EnvVar: the API server drops it from pods; did you mean `value`?
        ",
        );
    }
}

#[test]
fn a_broken_template_is_shown_once_and_in_its_file() {
    let file = source("t.yaml", &of_file("spec: {containers: [{name: logger}]}"));
    let reference = policy("p", "mutate: [{name: a, podTemplate: {file: t.yaml}}]");
    let found = errors(&[reference, file]);
    let files: Vec<_> = found.iter().map(|error| (error.file.as_str(), error.line)).collect();
    assert_eq!(files, [("t.yaml", 3)]);
}

#[test]
fn a_file_holds_one_template_and_nobody_has_to_refer_to_it() {
    let template = of_file("spec: {hostname: a}");
    let alone = source("t.yaml", &template);
    assert_eq!(errors(std::slice::from_ref(&alone)), []);
    let two = source("t.yaml", &format!("{template}---\n{template}"));
    let said: Vec<String> = errors(&[two]).iter().map(said).collect();
    assert_eq!(
        said,
        [
            "t.yaml:6:7: the file has a pod template already, and is named to mean one; give each template a file of its own"
        ]
    );
}

#[test]
fn templates_have_what_pods_can_share() {
    assert_rows(
        of_file,
        r"
        spec: {hostname: a}\n«status: {phase: Running}
            a pod template has no `status`; leave it out
        spec: {hostname: a}\n«metdata: {}
            `metdata` is not a field of Pod: the API server drops it from pods; did you mean `metadata`?
        metadata: {labels: {«spark-role: driver}}
            `spark-role` is for Spark and its operators to set; choose another key
        metadata: {labels: {«sparkoperator.k8s.io/app-name: a}}
            `sparkoperator.k8s.io/app-name` is for Spark and its operators to set; choose another key
        metadata: {labels: {a: «b c}}
            `b c` is no label value; a value is up to 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit
        metadata: {labels: {a: «5}}
            `a` is an integer and should be a string; put it in quotes
        metadata: {annotations: {«a b: c}}
            `a b` is no annotation key; a key is up to 63 letters, digits, `-`, `_` and `.`, after an optional DNS name and `/`
    ",
    );
    assert_rows(
        spec,
        r"
        «priority: 5
            a pod template has no `priority`: the API server works it out from `priorityClassName`; leave it out
        «overhead: {cpu: 1}
            a pod template has no `overhead`: the API server works it out from `runtimeClassName`; leave it out
        «ephemeralContainers: []
            a pod template has no `ephemeralContainers`: they are added to pods that run; leave it out
        «terminationGracePeriodSecond: 5
            `terminationGracePeriodSecond` is not a field of PodSpec: the API server drops it from pods; did you mean `terminationGracePeriodSeconds`?
        hostNetwork: «yes please
            `hostNetwork` is a string and should be a boolean
        priorityClassName: «High_Priority
            `High_Priority` cannot be the name of an object; write lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit
        imagePullSecrets: [{name: «My Secret}]
            `My Secret` cannot be the name of an object; write lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit
    ",
    );
}

#[test]
fn where_pods_go_is_somewhere() {
    assert_rows(
        spec,
        r"
        tolerations: [«{operator: Equal}]
            a toleration without a key is for every taint; write `operator: Exists` if that is meant
        topologySpreadConstraints: [{topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, maxSkew: «0}]
            a topology spread constraint has a `maxSkew` of 1 or more; write `maxSkew: 1`
        topologySpreadConstraints: [«{topologyKey: zone, maxSkew: 1}]
            `whenUnsatisfiable` is missing here; what is merged by it has to say it
        affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [«{}]}}}
            a term without conditions matches no node; write `matchExpressions`, or leave the affinity out
        hostAliases: [{ip: «localhost, hostnames: [a]}]
            this is no IP address; write one as in `10.0.0.1`
    ",
    );
}

#[test]
fn volumes_have_a_source_and_mounts_a_volume() {
    assert_rows(
        spec,
        r"
        volumes: [{name: a, emptyDir: {}}, {name: «a, emptyDir: {}}]
            the list has one of these already; give each its own `name`
        volumes: [«{name: a}]
            the volume has no source; give it one, as in `emptyDir: {}`
        volumes: [{name: a, emptyDir: {}, «configMap: {name: b}}]
            a volume has one source, and this one has more; leave out all but one
        volumes: [{name: «A_b, emptyDir: {}}]
            this is no name of a volume; write up to 63 lower-case letters, digits and `-`
        volumes: [{name: a, emptyDir: {sizeLimit: «10 Gi}}]
            this is no amount; write one as in `500m`, `2` or `1Gi`
        volumes: [{name: a, secret: {secretName: «Keys}}]
            `Keys` cannot be the name of an object; write lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit
        volumes: [{name: scratch, emptyDir: {}}], containers: [{name: spark, volumeMounts: [{name: «scrach, mountPath: /a}]}]
            the pod template has no volume `scrach` to mount; did you mean `scratch`?
    ",
    );
    assert_rows(
        spark,
        r"
        volumeMounts: [{name: «data, mountPath: /a}]
            the pod template has no volume `data` to mount; add the volume `data` to the template, even if another template has it too
        volumeMounts: [{name: spark-local-dir-1, mountPath: «a}]
            this is no path to mount at; write one that begins with `/`, without `:`
        volumeMounts: [{name: spark-local-dir-1, mountPath: /a}, {name: spark-local-dir-1, mountPath: «/a}]
            the list has one of these already; give each its own `mountPath`
        volumeMounts: [«{name: spark-local-dir-1}]
            `mountPath` is missing: VolumeMount requires it
    ",
    );
}

#[test]
fn containers_say_what_the_api_server_understands() {
    assert_rows(
        spark,
        r"
        env: [{name: «1A, value: secret}]
            this is no name of a variable; a name is letters, digits, `_`, `-` and `.`, and does not begin with a digit
        env: [{name: A, value: a}, {name: «A, value: b}]
            the list has one of these already; give each its own `name`
        env: [{name: A, value: a, «valueFrom: {fieldRef: {fieldPath: b}}}]
            a variable has `value` or `valueFrom`, and not both; leave one of them out
        env: [{name: A, valueFrom: {resourceFieldRef: {containerName: «spark, resource: limits.cpu}}}]
            the pod template brings no container of this name; name one of its `initContainers`; in a variable of the same container, leave `containerName` out
        env: [{name: A, value: «5}]
            `value` is an integer and should be a string; put it in quotes
        envFrom: [{secretRef: {name: «Team_Keys}}]
            `Team_Keys` cannot be the name of an object; write lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit
        ports: [{containerPort: «70000}]
            this is no port; write a number from 1 to 65535
        ports: [{containerPort: 80, name: «Metrics}]
            this is no name of a port; write up to 15 lower-case letters, digits and single `-`, at least one of them a letter
        ports: [{containerPort: 80, protocol: «HTTP}]
            this is no protocol of a port; write `TCP`, `UDP` or `SCTP`
        ports: [{containerPort: 80}, {containerPort: «80, protocol: TCP}]
            the list has one of these already; give each its own `containerPort`
        resources: {limits: {ephemeral-storage: «ten}}
            this is no amount; write one as in `500m`, `2` or `1Gi`
        resources: {requests: {ephemeral-storage: «2Gi}, limits: {ephemeral-storage: 1Gi}}
            the request of `ephemeral-storage` is beyond its limit; ask for less, or raise the limit
    ",
    );
}

#[test]
fn what_is_injected_is_bounded_and_restricted() {
    let help = "write `securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}`";
    let rows = r"
        name: «Logs
            `Logs` is no name of a container; write up to 63 lower-case letters, digits and `-`
        name: «spark
            `spark` stands for the container that Spark runs in; give the container another name
        restartPolicy: «Never
            an init container runs to its end, or is a sidecar; write `restartPolicy: Always` for a sidecar, or leave it out
        «resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1}}
            the container `a` does not say what it needs: `limits.memory` is missing; give it `resources` with requests and limits of cpu and memory
        «securityContext: {runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: Unconfined}}
            the container `a` is not restricted: it needs `allowPrivilegeEscalation: false`, `seccompProfile: {type: RuntimeDefault}`; HELP
        «securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL], add: [SYS_ADMIN]}, seccompProfile: {type: Localhost, localhostProfile: a}}
            the container `a` is not restricted: it needs no other capability than `NET_BIND_SERVICE`; HELP
    ";
    assert_rows(injected, &rows.replace("HELP", help));
    let without_image = format!("initContainers: [«{{name: a, {}}}]", super::RESTRICTED);
    let rows = format!("{without_image}\n the container `a` has no image; write `image: ...`");
    assert_rows(spec, &rows);
}

#[test]
fn fields_of_a_newer_kubernetes_are_let_in() {
    for template in [
        "spec: {futureField: {a: [1, {b: null}]}}",
        "spec: {volumes: [{name: a, hologram: {depth: 3}}]}",
        "spec: {tolerations: [{key: a, operator: Gt, value: \"5\", future: true}]}",
        "spec: {containers: [{name: spark, futureField: 5}]}",
    ] {
        assert_eq!(errors(&[source("t.yaml", &of_file(template))]), [], "{template}");
    }
}

/// A policy whose only mutation adds a volume `cache`, with these fields of the spec and of the entry.
fn adding(name: &str, spec: &str, entry: &str, source: &str) -> Source {
    policy(
        name,
        &format!(
            "{spec} mutate: [{{name: cache, {entry} podTemplate: {{inline: {{spec: {{volumes: [{{name: cache, {source}}}]}}}}}}}}]"
        ),
    )
}

#[test]
fn two_templates_that_can_meet_add_the_same_volume_or_none() {
    let config_map = "configMap: {name: a}";
    let cases = [
        ("", "", "", "", true),
        ("", "roles: [driver],", "", "roles: [executor],", false),
        ("", "roles: [driver],", "", "", true),
        ("match: {namespaces: [a]},", "", "match: {namespaces: [b]},", "", false),
        (
            "match: {namespaces: [a]},",
            "",
            "match: {namespaces: [\"*\"]},",
            "",
            true,
        ),
        (
            "match: {namespaces: [a]},",
            "",
            "exclude: {namespaces: [a]},",
            "",
            false,
        ),
    ];
    for (spec, entry, other_spec, other_entry, clash) in cases {
        let one = adding("one", spec, entry, "emptyDir: {}");
        let other = adding("other", other_spec, other_entry, config_map);
        let found = errors(&[one.clone(), other]);
        let messages: Vec<_> = found
            .iter()
            .map(|error| (error.file.as_str(), error.message.as_str()))
            .collect();
        let expected = [("other.yaml", "`one/cache` adds another volume `cache`")];
        assert_eq!(
            messages,
            if clash { &expected[..] } else { &[] },
            "{spec} {entry} {other_spec} {other_entry}"
        );
        policies(&[
            one,
            adding("other", other_spec, other_entry, "emptyDir: {medium: \"\"}"),
        ]);
    }
}

#[test]
fn a_template_does_not_take_the_name_of_an_exporters_volume() {
    let exporter = |config: &str| {
        policy(
            "jvm",
            &format!("mutate: [{{name: metrics, jmxExporter: {{image: \"exporter:1\", config: {config}}}}}]"),
        )
    };
    let template = |source: &str| {
        let volumes = format!("volumes: [{{name: jmx-exporter-config, {source}}}]");
        policy(
            "pods",
            &format!("mutate: [{{name: pods, podTemplate: {{inline: {{spec: {{{volumes}}}}}}}}}]"),
        )
    };
    let of_another = template("configMap: {name: other}");
    let found: Vec<String> = errors(&[exporter("{inline: {}}"), of_another.clone()])
        .iter()
        .map(said)
        .collect();
    let expected = "`jvm/metrics` adds another volume `jmx-exporter-config`; give one of the two another name, or make them the same";
    assert!(
        matches!(found.as_slice(), [error] if error.ends_with(expected)),
        "{found:?}"
    );
    let found = errors(&[of_another, exporter("{configMap: {name: jmx}}")]);
    assert!(
        matches!(found.as_slice(), [error] if error.file == "jvm.yaml"),
        "{found:?}"
    );
    policies(&[
        exporter("{configMap: {name: jmx}}"),
        template("configMap: {name: jmx, items: [{key: config.yaml, path: config.yaml}]}"),
    ]);
}
