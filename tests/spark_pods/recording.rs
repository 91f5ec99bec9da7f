//! A recorded run of real Spark, and the job that it was asked to run.

use std::fs;
use std::path::{Path, PathBuf};

use json_patch::jsonptr::PointerBuf;
use serde_json::Value;
use sparkgate::engine::json::{Arena, Json};
use sparkgate::engine::spark_version::SparkVersion;
use sparkgate::engine::workload::draft::Draft;
use sparkgate::engine::workload::origin::Document;
use sparkgate::engine::workload::submission::Submission;
use sparkgate::engine::workload::{Language, Located, Origin, Properties, RoleName, Workload};
use sparkgate::engine::yaml::{self, Booleans};

/// The versions of Spark that were recorded.
const VERSIONS: [&str; 8] = ["3.2.4", "3.3.4", "3.4.4", "3.5.9", "4.0.5", "4.1.4", "4.2.1", "4.3.0"];
/// All recordings, so that none is left out unseen.
const RECORDINGS: usize = 220;
/// Their pods: of runs that Spark refused, there are fewer.
pub(super) const PODS: usize = 410;

/// A recorded run.
pub(super) struct Recording {
    /// As a test's message names it: `3.5.9/defaults`.
    pub(super) name: String,
    json: Value,
}

pub(super) fn all() -> Vec<Recording> {
    let root = directory();
    let mut recordings = Vec::new();
    for version in VERSIONS {
        let mut files: Vec<_> = fs::read_dir(root.join(version))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        recordings.extend(files.iter().map(|file| Recording {
            name: format!("{version}/{}", file.file_stem().unwrap().display()),
            json: serde_json::from_slice(&fs::read(file).unwrap()).unwrap(),
        }));
    }
    assert_eq!(recordings.len(), RECORDINGS);
    recordings
}

pub(super) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/spark-pods")
}

impl Recording {
    /// The pod of a role, if Spark made one.
    pub(super) fn pod(&self, role: RoleName) -> Option<&Value> {
        self.json.get(role.as_str()).filter(|pod| !pod.is_null())
    }

    pub(super) fn executor_count(&self) -> Option<u64> {
        self.json["executorCount"].as_u64()
    }

    pub(super) fn case(&self, key: &str) -> &str {
        self.json["case"][key].as_str().unwrap()
    }

    fn conf(&self, name: &str) -> Option<&str> {
        self.json["case"]["conf"].get(name).and_then(Value::as_str)
    }

    /// The job that the run was asked for.
    pub(super) fn workload<'a>(&self, arena: &'a Arena) -> Workload<'a> {
        let given = |value| Located::root(Json::String(value));
        let language = Language::parse(self.case("type")).unwrap();
        let file = match language {
            Language::Python => "local:///opt/app.py",
            Language::R => "local:///opt/app.R",
            Language::Java | Language::Scala => "local:///opt/app.jar",
        };
        let submission = Submission {
            language: Some(language),
            spark_version: SparkVersion::parse(self.json["sparkVersion"].as_str().unwrap()),
            properties: self.properties(arena),
            main_class: language.runs_in_the_jvm().then(|| given("a.B")),
            main_file: Some(given(file)),
            arguments: Vec::new(),
            proxy_user: None,
            submitter_version: None,
            application_id: None,
            templates: RoleName::ALL.map(|role| self.template(arena, role)),
            user: "root",
            image_setting: "spark.kubernetes.container.image",
            sections: RoleName::ALL.map(|_| PointerBuf::root()),
        };
        submission.into_workload(arena, |_, _| {})
    }

    /// What the case says, and what every case was given besides.
    fn properties<'a>(&self, arena: &'a Arena) -> Properties<'a> {
        let mut properties = Properties::default();
        for (name, value) in self.given() {
            properties.set(
                arena.string(name),
                arena.string(value),
                Origin::Written(Document::Object, PointerBuf::from_tokens([name])),
            );
        }
        properties
    }

    /// The properties that the run was given.
    pub(super) fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        let of_every_case = [
            ("spark.app.name", self.case("name")),
            ("spark.kubernetes.container.image", "example/spark:1"),
            ("spark.kubernetes.namespace", "team-a"),
            ("spark.kubernetes.authenticate.driver.serviceAccountName", "spark"),
        ];
        let omitted = self.json["case"]["omit"].as_array().map_or(&[][..], Vec::as_slice);
        let has_no_image = omitted.iter().any(|omitted| omitted == "image");
        let of_every_case = of_every_case
            .into_iter()
            .filter(move |(name, _)| !has_no_image || *name != "spark.kubernetes.container.image");
        let of_this = self.json["case"]["conf"].as_object().unwrap();
        let of_this = of_this
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
        of_every_case.chain(of_this)
    }

    /// The version of Spark that ran.
    pub(super) fn version(&self) -> &str {
        self.json["sparkVersion"].as_str().unwrap()
    }

    /// Whether Spark refused to start.
    pub(super) fn is_refused(&self) -> bool {
        ["submitError", "contextError"]
            .iter()
            .any(|error| !self.json[*error].is_null())
    }

    fn template<'a>(&self, arena: &'a Arena, role: RoleName) -> Option<Draft<'a>> {
        let file = self.conf(&format!("spark.kubernetes.{role}.podTemplateFile"))?;
        let text = arena.string(&fs::read_to_string(directory().join(file)).unwrap());
        let (documents, errors) = yaml::parse_stream_with(arena, text, Booleans::OfYaml12);
        assert!(errors.is_empty(), "{file}: {errors:?}");
        let root = documents.into_iter().next().unwrap().root;
        Some(Located::root_of(Document::Template(role), root).into())
    }
}
