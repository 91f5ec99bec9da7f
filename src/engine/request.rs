//! What is asked of the engine: one object, in one operation, at one stage.

use super::json::{Arena, Json};

/// What the caller wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// `POST /mutate`: answer with a patch.
    Mutate,
    /// `POST /validate`: judge the object as it is.
    Validate,
    /// The `check` command: mutate, then judge what results.
    Check,
}

/// What is being done to the object, as the API server spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The object is new.
    Create,
    /// The object is changed; there is an old one.
    Update,
    /// The object goes; only the old one is sent.
    Delete,
    /// A subresource such as `pods/exec` is opened.
    Connect,
}

impl Operation {
    /// Reads the API server's spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "CREATE" => Some(Self::Create),
            "UPDATE" => Some(Self::Update),
            "DELETE" => Some(Self::Delete),
            "CONNECT" => Some(Self::Connect),
            _ => None,
        }
    }

    /// The API server's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// The group, version and kind of an object. The core group is the empty string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectKind<'a> {
    /// `sparkoperator.k8s.io`, for example.
    pub group: &'a str,
    /// `v1beta2`, for example.
    pub version: &'a str,
    /// `SparkApplication`, for example.
    pub kind: &'a str,
}

impl<'a> ObjectKind<'a> {
    /// Whether it is Kubernetes' own `Pod`.
    #[must_use]
    pub fn is_pod(self) -> bool {
        (self.group, self.kind) == ("", "Pod")
    }

    /// Reads `apiVersion` and `kind` of a manifest.
    #[must_use]
    pub fn of_manifest(manifest: Json<'a>) -> Option<Self> {
        let api_version = manifest.get("apiVersion")?.as_str()?;
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Some(Self {
            group,
            version,
            kind: manifest.get("kind")?.as_str()?,
        })
    }
}

/// Who asks, as the API server authenticated them. Known for a review, not for a file.
#[derive(Clone, Copy, Debug)]
pub struct Submitter<'a> {
    /// `system:serviceaccount:NAMESPACE:NAME` for a service account.
    pub username: &'a str,
    /// The groups, as a list of strings.
    pub groups: &'a [Json<'a>],
}

/// One question to the engine.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Where the tree lives, and where copies made by a patch go.
    pub arena: &'a Arena,
    /// What is to be done.
    pub phase: Phase,
    /// What happens to the object.
    pub operation: Operation,
    /// `status`, `ephemeralcontainers`, `resize`; `None` for the object itself.
    pub sub_resource: Option<&'a str>,
    /// What the object is.
    pub kind: ObjectKind<'a>,
    /// The namespace; a manifest may leave it to `kubectl`.
    pub namespace: Option<&'a str>,
    /// The name; empty where the API server is still to generate it.
    pub name: &'a str,
    /// Who asks, where that is known.
    pub submitter: Option<Submitter<'a>>,
    /// The object as it will be; absent on DELETE.
    pub object: Option<Json<'a>>,
    /// The object as it is; absent on CREATE.
    pub old_object: Option<Json<'a>>,
    /// Nothing may be remembered of this request.
    pub dry_run: bool,
}

impl<'a> Request<'a> {
    /// The question that the commands ask of a manifest: as if it were created. As `kubectl` does, it puts `default_namespace` where the
    /// manifest names none. `None` when the manifest says no `apiVersion` and `kind`.
    #[must_use]
    pub fn of_manifest(arena: &'a Arena, manifest: Json<'a>, default_namespace: Option<&'a str>) -> Option<Self> {
        let metadata = |key| {
            let text = manifest.at(["metadata", key]).and_then(Json::as_str);
            text.filter(|text| !text.is_empty())
        };
        let own_namespace = metadata("namespace");
        let object = match default_namespace {
            Some(namespace) if own_namespace.is_none() => in_namespace(arena, manifest, namespace),
            _ => manifest,
        };
        Some(Self {
            arena,
            phase: Phase::Check,
            operation: Operation::Create,
            sub_resource: None,
            kind: ObjectKind::of_manifest(manifest)?,
            namespace: own_namespace.or(default_namespace),
            name: metadata("name").unwrap_or_default(),
            submitter: None,
            object: Some(object),
            old_object: None,
            dry_run: true,
        })
    }

    /// The name of the object: that of the request, or where the API server made the name up, that in the object.
    #[must_use]
    pub fn object_name(&self) -> Option<&'a str> {
        let own = || self.object?.at(["metadata", "name"])?.as_str();
        let name = Some(self.name).filter(|name| !name.is_empty());
        name.or_else(own)
    }

    /// The question about a job that is no object of the cluster: one of `spark-submit`.
    #[must_use]
    pub fn of_job(arena: &'a Arena, name: &'a str, namespace: &'a str) -> Self {
        Self {
            arena,
            phase: Phase::Check,
            operation: Operation::Create,
            sub_resource: None,
            kind: ObjectKind {
                group: "",
                version: "",
                kind: "",
            },
            namespace: Some(namespace),
            name,
            submitter: None,
            object: None,
            old_object: None,
            dry_run: true,
        }
    }
}

/// The manifest with a namespace, where its metadata can hold one.
fn in_namespace<'a>(arena: &'a Arena, manifest: Json<'a>, namespace: &'a str) -> Json<'a> {
    let with = |object: Json<'a>, key: &'a str, value: Json<'a>| {
        let others = object.members().iter().filter(|(name, _)| *name != key).copied();
        arena.object(&others.chain([(key, value)]).collect::<Vec<_>>())
    };
    match (manifest, manifest.get("metadata").unwrap_or(Json::Object(&[]))) {
        (Json::Object(_), metadata @ Json::Object(_)) => with(
            manifest,
            "metadata",
            with(metadata, "namespace", Json::String(namespace)),
        ),
        _ => manifest,
    }
}
