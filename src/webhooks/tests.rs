use super::*;
use crate::engine::policy::Source;

fn policies(spec: &str) -> PolicySet {
    let text =
        format!("apiVersion: sparkgate.io/v1alpha1\nkind: SparkPolicy\nmetadata: {{name: tested}}\nspec: {spec}\n");
    let name = "tested.yaml".to_owned();
    PolicySet::from_sources(&[Source { name, text }], 1).unwrap()
}

fn webhooks<'p>(policies: &'p PolicySet, scope: &'p Scope) -> Webhooks<'p> {
    Webhooks {
        policies,
        namespace: "sparkgate",
        scope,
        failure_policy: FailurePolicy::Fail,
        timeout_seconds: 5,
    }
}

/// The resources that a path is asked about, with the operations.
fn asked(rules: &[Rule]) -> Vec<String> {
    let resources = |rule: &Rule| {
        let operations = rule.operations.join("+");
        let group = rule.group;
        let named = rule.resources.iter();
        named
            .map(|name| format!("{operations} {name}.{group}"))
            .collect::<Vec<_>>()
    };
    rules.iter().flat_map(resources).collect()
}

#[test]
fn asks_about_what_some_policy_decides_about() {
    const APPLICATIONS: [&str; 3] = [
        "CREATE+UPDATE sparkapplications.sparkoperator.k8s.io",
        "CREATE+UPDATE scheduledsparkapplications.sparkoperator.k8s.io",
        "CREATE+UPDATE sparkapplications.spark.apache.org",
    ];
    const PODS: [&str; 3] = [
        "CREATE+UPDATE pods.",
        "CREATE+UPDATE pods/ephemeralcontainers.",
        "CREATE+UPDATE pods/resize.",
    ];
    const NEW_APPLICATIONS: [&str; 2] = [
        "CREATE sparkapplications.sparkoperator.k8s.io",
        "CREATE sparkapplications.spark.apache.org",
    ];
    const NEW_PODS: [&str; 1] = ["CREATE pods."];
    // What one entry says, what is asked of `/mutate`, and whether `/validate` is asked about pods too.
    let cases: [(&str, &[&[&str]], bool); 12] = [
        ("validate: [{name: a, wellFormed: {}}]", &[], false),
        ("validate: [{name: a, memoryOverhead: {minRatio: 0.1}}]", &[], false),
        ("validate: [{name: a, quotaFit: {}}]", &[], false),
        (
            "validate: [{name: a, sparkConf: {forbidden: [spark.plugins]}}]",
            &[],
            false,
        ),
        ("validate: [{name: a, schedule: {}}]", &[], false),
        ("validate: [{name: a, podSecurity: {level: baseline}}]", &[], true),
        (
            "validate: [{name: a, notOnSpot: {pools: [{labels: {pool: spot}}]}}]",
            &[],
            true,
        ),
        ("mutate: [{name: a, nodeSelector: {pool: spot}}]", &[&NEW_PODS], false),
        (
            "mutate: [{name: a, required: true, nodeSelector: {pool: spot}}]",
            &[&NEW_PODS],
            true,
        ),
        (
            "mutate: [{name: a, onConflict: deny, nodeSelector: {pool: spot}}]",
            &[&NEW_PODS],
            true,
        ),
        (
            "mutate: [{name: a, required: true, sparkConf: {spark.decommission.enabled: \"true\"}}]",
            &[&NEW_APPLICATIONS],
            false,
        ),
        (
            "mutate: [{name: a, metadata: {labels: {team: {value: data}}}}]",
            &[&NEW_APPLICATIONS, &NEW_PODS],
            false,
        ),
    ];
    for (entry, mutated, validates_pods) in cases {
        let policies = policies(&format!("{{{entry}}}"));
        assert_eq!(asked(&rules::of_mutations(&policies)), mutated.concat(), "{entry}");
        let pods: &[&str] = if validates_pods { &PODS } else { &[] };
        let validated = [&APPLICATIONS, pods].concat();
        assert_eq!(asked(&rules::of_validations(&policies)), validated, "{entry}");
    }
    assert_eq!(asked(&rules::of_validations(&PolicySet::builtin())), APPLICATIONS);
}

#[test]
fn renders_no_mutating_configuration_where_nothing_is_changed() {
    let managed = Scope::Labelled(Label::parse(MANAGED).unwrap());
    let text = webhooks(&PolicySet::builtin(), &managed).render().unwrap();
    assert!(!text.contains("MutatingWebhookConfiguration"), "{text}");
    assert!(!text.contains("---"), "{text}");
}

#[test]
fn never_asks_about_everything() {
    let all = "{mutate: [{name: a, required: true, metadata: {labels: {team: {value: data}}}}]}";
    let policies = policies(all);
    for rule in [rules::of_mutations(&policies), rules::of_validations(&policies)].concat() {
        let words = [rule.versions, &rule.operations, &rule.resources, &[rule.group]].concat();
        assert!(!words.iter().any(|word| word.contains('*')), "{rule:?}");
    }
}

#[test]
fn refuses_what_can_lock_a_cluster_out() {
    let named = |value: &str| Scope::Labelled(Label::parse(&format!("{NAMESPACE_NAME}={value}")).unwrap());
    let policies = PolicySet::builtin();
    for (namespace, value) in [
        ("sparkgate", "kube-system"),
        ("sparkgate", "kube-node-lease"),
        ("sparkgate", "sparkgate"),
        ("platform", "platform"),
    ] {
        let scope = named(value);
        let asked = Webhooks {
            namespace,
            ..webhooks(&policies, &scope)
        };
        assert_eq!(asked.render(), Err(Lockout::Namespace(value.to_owned())), "{namespace}");
    }
    let team = named("team-alpha");
    assert!(webhooks(&policies, &team).render().is_ok());
    for (timeout_seconds, expected) in [(1, None), (10, None), (11, Some(Lockout::Timeout(11)))] {
        let asked = Webhooks {
            timeout_seconds,
            ..webhooks(&policies, &team)
        };
        assert_eq!(asked.render().err(), expected, "{timeout_seconds}");
    }
}

#[test]
fn leaves_out_whatever_gets_a_cluster_well_again() {
    let policies = PolicySet::builtin();
    for (namespace, expected) in [
        ("sparkgate", "[kube-system, kube-node-lease, sparkgate]"),
        ("kube-system", "[kube-system, kube-node-lease]"),
    ] {
        let asked = Webhooks {
            namespace,
            ..webhooks(&policies, &Scope::Cluster)
        };
        let text = asked.render().unwrap();
        let left_out = format!("{{key: {NAMESPACE_NAME}, operator: NotIn, values: {expected}}}");
        assert!(text.contains(&left_out), "{text}");
    }
}

#[test]
fn reads_labels() {
    for text in ["sparkgate.io/managed=true", "tier=", "a=b"] {
        assert!(Label::parse(text).is_ok(), "{text}");
    }
    for text in ["", "tier", "=true", "a b=c", "a=b c", "a=b=c", "a=\"b\""] {
        assert!(Label::parse(text).is_err(), "{text}");
    }
}
