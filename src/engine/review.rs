//! AdmissionReview v1 on the wire: reading the request, writing the response.
//!
//! Types of our own, since kube's write the patch as a list of numbers and an invalid review with an empty uid, which
//! the API server refuses. The contract is `staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/request/admissionreview.go`
//! of Kubernetes.

use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::finding::{Enforcement, Finding, MutationSummary, Verdict};
use super::json::{Arena, Json};
use super::request::{ObjectKind, Operation, Phase, Request, Submitter};

const API_VERSION: &str = "admission.k8s.io/v1";
const KIND: &str = "AdmissionReview";

/// The API server cuts a warning beyond this many characters when there are many (`admission/metrics`,
/// `warning.AddWarning`); the documentation asks for no more.
const WARNING_CHARACTERS: usize = 120;
/// All warnings of a response together.
const WARNINGS_CHARACTERS: usize = 4_096;

/// A readable review: what is asked, and the uid that the answer must carry.
#[derive(Debug)]
pub struct Review<'a> {
    /// `request.uid`.
    pub uid: &'a str,
    /// The question.
    pub request: Request<'a>,
}

/// Why a body could not be made a [`Review`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// There is no uid to answer to: HTTP 400.
    #[error("{0}")]
    NotAReview(String),
    /// The uid is known, and the request is refused with it: HTTP 200, `allowed: false`.
    #[error("{reason}")]
    NotUnderstood {
        /// `request.uid`.
        uid: String,
        /// Why.
        reason: String,
    },
}

impl<'a> Review<'a> {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// [`ReviewError`] says whether there is a uid to answer to.
    pub fn parse(arena: &'a Arena, phase: Phase, body: &'a [u8]) -> Result<Self, ReviewError> {
        let text = std::str::from_utf8(body)
            .map_err(|error| ReviewError::NotAReview(format!("the body is not UTF-8: {error}")))?;
        let review = Json::parse_review(arena, text).map_err(|error| unreadable(text, &error))?;
        if let Some(problem) = envelope_problem(
            review.get("apiVersion").and_then(Json::as_str),
            review.get("kind").and_then(Json::as_str),
        ) {
            return Err(ReviewError::NotAReview(problem));
        }
        let request = review
            .get("request")
            .ok_or_else(|| ReviewError::NotAReview("the AdmissionReview has no request".to_owned()))?;
        let uid = request
            .get("uid")
            .and_then(Json::as_str)
            .filter(|uid| !uid.is_empty())
            .ok_or_else(|| ReviewError::NotAReview("the AdmissionReview's request has no uid".to_owned()))?;
        let request = read_request(arena, phase, request).map_err(|reason| ReviewError::NotUnderstood {
            uid: uid.to_owned(),
            reason,
        })?;
        Ok(Self { uid, request })
    }
}

fn envelope_problem(api_version: Option<&str>, kind: Option<&str>) -> Option<String> {
    match (api_version, kind) {
        (Some(API_VERSION), Some(KIND)) => None,
        _ => Some(format!(
            "expected an {KIND} of {API_VERSION}, got kind {kind} of apiVersion {api_version}",
            kind = kind.unwrap_or("(none)"),
            api_version = api_version.unwrap_or("(none)"),
        )),
    }
}

fn read_request<'a>(arena: &'a Arena, phase: Phase, request: Json<'a>) -> Result<Request<'a>, String> {
    let text = |key: &str| request.get(key).and_then(Json::as_str);
    let kind_part = |key| request.at(["kind", key]).and_then(Json::as_str);
    let object_in = |key: &str| match request.get(key) {
        None => Ok(None),
        Some(object @ Json::Object(_)) => Ok(Some(object)),
        Some(other) => Err(format!("request.{key} is {}, and should be an object", other.kind())),
    };
    let operation = text("operation").unwrap_or_default();
    let operation = Operation::parse(operation)
        .ok_or_else(|| format!("request.operation {operation:?} is not one of CREATE, UPDATE, DELETE, CONNECT"))?;
    let object = object_in("object")?;
    if object.is_none() && matches!(operation, Operation::Create | Operation::Update) {
        return Err("request.object is missing".to_owned());
    }
    Ok(Request {
        arena,
        phase,
        operation,
        sub_resource: text("subResource").filter(|sub_resource| !sub_resource.is_empty()),
        kind: ObjectKind {
            group: kind_part("group").unwrap_or_default(),
            version: kind_part("version").unwrap_or_default(),
            kind: kind_part("kind").ok_or("request.kind.kind is missing")?,
        },
        namespace: text("namespace").filter(|namespace| !namespace.is_empty()),
        name: text("name").unwrap_or_default(),
        submitter: request.get("userInfo").map(|user| Submitter {
            username: user.get("username").and_then(Json::as_str).unwrap_or_default(),
            groups: user.get("groups").map_or(&[], Json::items),
        }),
        object,
        old_object: object_in("oldObject")?,
        dry_run: request.get("dryRun").and_then(Json::as_bool).unwrap_or(false),
    })
}

/// A body that did not become a tree: too deep, too many values, or not JSON. The envelope alone may still be readable,
/// since it skips what it does not keep without recursion.
fn unreadable(text: &str, error: &serde_json::Error) -> ReviewError {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Envelope<'a> {
        api_version: Option<String>,
        kind: Option<String>,
        #[serde(borrow)]
        request: Option<EnvelopeRequest<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct EnvelopeRequest<'a> {
        uid: Option<String>,
        #[serde(borrow, rename = "object")]
        _object: Option<&'a RawValue>,
        #[serde(borrow, rename = "oldObject")]
        _old_object: Option<&'a RawValue>,
    }
    let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(text) else {
        return ReviewError::NotAReview(format!("the body is not a JSON AdmissionReview: {error}"));
    };
    if let Some(problem) = envelope_problem(envelope.api_version.as_deref(), envelope.kind.as_deref()) {
        return ReviewError::NotAReview(problem);
    }
    match envelope.request.and_then(|request| request.uid) {
        Some(uid) if !uid.is_empty() => ReviewError::NotUnderstood {
            uid,
            reason: format!("the object cannot be read: {error}"),
        },
        _ => ReviewError::NotAReview("the AdmissionReview's request has no uid".to_owned()),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReviewBody<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: Response<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_annotations: Option<AuditAnnotations>,
}

#[derive(Serialize)]
struct Status {
    code: u16,
    reason: &'static str,
    message: String,
}

/// Keys without `/`: the API server prefixes them with the webhook's name.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct AuditAnnotations {
    generation: String,
    decision: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    mutated_by: String,
}

/// Writes the answer to a review: the verdict of the policies of `generation`.
///
/// # Errors
/// None in practice: everything in it can be written as JSON.
pub fn answer(uid: &str, verdict: &Verdict, generation: u64) -> serde_json::Result<Vec<u8>> {
    let allowed = verdict.allowed();
    let patch = (allowed && !verdict.patch.is_empty()).then(|| BASE64.encode(verdict.patch.as_json()));
    write(Response {
        uid,
        allowed,
        status: (!allowed).then(|| Status {
            code: 403,
            reason: "Forbidden",
            message: denial(&verdict.findings),
        }),
        patch_type: patch.is_some().then_some("JSONPatch"),
        patch,
        warnings: warnings(verdict),
        audit_annotations: Some(AuditAnnotations {
            generation: generation.to_string(),
            decision: verdict.decision(),
            mutated_by: MutationSummary(verdict.carried_out()).to_string(),
        }),
    })
}

/// Writes the refusal of a request whose uid is known and which was not judged, for whatever `reason`.
///
/// # Errors
/// None in practice, as with [`answer`].
pub fn refusal(uid: &str, reason: &str) -> serde_json::Result<Vec<u8>> {
    write(Response {
        uid,
        allowed: false,
        status: Some(Status {
            code: 403,
            reason: "Forbidden",
            message: reason.to_owned(),
        }),
        patch_type: None,
        patch: None,
        warnings: Vec::new(),
        audit_annotations: None,
    })
}

fn write(response: Response<'_>) -> serde_json::Result<Vec<u8>> {
    let patch_bytes = response.patch.as_ref().map_or(0, String::len);
    let mut body = Vec::with_capacity(512 + patch_bytes);
    serde_json::to_writer(
        &mut body,
        &ReviewBody {
            api_version: API_VERSION,
            kind: KIND,
            response,
        },
    )?;
    Ok(body)
}

/// All that is denied, a line each: the API server shows a user only the first denial that it gets.
#[must_use]
pub fn denial(findings: &[Finding]) -> String {
    let mut message = String::new();
    for finding in findings
        .iter()
        .filter(|finding| finding.enforcement == Enforcement::Deny)
    {
        if !message.is_empty() {
            message.push('\n');
        }
        message.push_str(&line(finding));
    }
    message
}

/// A finding in one line: `policy/entry: what is wrong (at /where); what to write`. Values that users wrote are in it, and
/// a line end or an escape sequence in one of them does not reach a terminal.
fn line(finding: &Finding) -> String {
    let mut line = format!("{}: {}", finding.code, finding.message);
    // Writing to a string cannot fail.
    let _ = match &finding.effective {
        Some(effective) => write!(
            line,
            " (at {}; in the {} pod at {})",
            finding.pointer, effective.role, effective.pointer
        ),
        None => write!(line, " (at {})", finding.pointer),
    };
    if let Some(help) = &finding.help {
        line.push_str("; ");
        line.push_str(help);
    }
    without_control_characters(&line)
}

fn without_control_characters(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect()
}

/// What `warn` found and what could not be decided, as the API server takes it: no control characters, short, few.
fn warnings(verdict: &Verdict) -> Vec<String> {
    let found = verdict
        .findings
        .iter()
        .filter(|finding| finding.enforcement == Enforcement::Warn)
        .map(line);
    let undecided = verdict
        .skipped
        .iter()
        .map(|skipped| without_control_characters(&format!("{}: not judged: {}", skipped.policy, skipped.reason)));
    let mut left = WARNINGS_CHARACTERS;
    found
        .chain(undecided)
        .map(|text| shortened(&text))
        .take_while(|warning| match left.checked_sub(warning.chars().count()) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        })
        .collect()
}

fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let mut warning: String = characters.by_ref().take(WARNING_CHARACTERS).collect();
    if characters.next().is_some() {
        warning.pop();
        warning.push('…');
    }
    warning
}
