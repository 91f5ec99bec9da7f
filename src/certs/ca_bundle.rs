//! The `caBundle` of the webhook configurations: which authorities API servers trust. It is written by server-side apply,
//! by a field manager that owns this field and no other, so whoever manages the rest neither sees a difference nor makes
//! one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use kube::{Api, Client};
use serde::Deserialize;
use serde_json::{Value, json};

/// Who owns the field, in `managedFields`.
const FIELD_MANAGER: &str = "sparkgate-ca-bundle";

/// Why a bundle could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} the {kind} {name}")]
pub struct CaBundleError {
    verb: &'static str,
    kind: String,
    name: String,
    source: kube::Error,
}

impl CaBundleError {
    /// Whether somebody has written since it was read.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(&self.source, kube::Error::Api(status) if status.is_conflict())
    }
}

/// The mutating and the validating webhook configuration of one name.
#[derive(Clone, Debug)]
pub struct CaBundles {
    kinds: [(ApiResource, Api<DynamicObject>); 2],
    name: String,
}

/// The configurations as they were read. One that does not exist is not among them.
#[derive(Debug)]
pub struct Configurations(Vec<Configuration>);

#[derive(Debug)]
struct Configuration {
    resource: ApiResource,
    api: Api<DynamicObject>,
    version: Option<String>,
    webhooks: Vec<Webhook>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    name: String,
    #[serde(default)]
    client_config: ClientConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientConfig {
    /// Base64, as it is in JSON.
    #[serde(default)]
    ca_bundle: Option<String>,
}

impl CaBundles {
    /// Those called `name`.
    #[must_use]
    pub fn new(client: &Client, name: &str) -> Self {
        let kinds = [
            ApiResource::erase::<MutatingWebhookConfiguration>(&()),
            ApiResource::erase::<ValidatingWebhookConfiguration>(&()),
        ];
        Self {
            kinds: kinds.map(|resource| {
                let api = Api::all_with(client.clone(), &resource);
                (resource, api)
            }),
            name: name.to_owned(),
        }
    }

    /// Reads them.
    ///
    /// # Errors
    /// What the API server says.
    pub async fn read(&self) -> Result<Configurations, CaBundleError> {
        let mut configurations = Vec::new();
        for (resource, api) in &self.kinds {
            let read = api.get_opt(&self.name).await;
            let Some(object) = read.map_err(|source| self.error("read", resource, source))? else {
                continue;
            };
            configurations.push(Configuration {
                resource: resource.clone(),
                api: api.clone(),
                version: object.metadata.resource_version,
                webhooks: webhooks(object.data),
            });
        }
        Ok(Configurations(configurations))
    }

    /// Writes `bundle` into those that do not carry it, unless somebody has written to them since they were read.
    ///
    /// # Errors
    /// What the API server says; a conflict where somebody has.
    pub async fn publish(&self, configurations: &Configurations, bundle: &str) -> Result<(), CaBundleError> {
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        for configuration in configurations.0.iter().filter(|read| !read.carries(bundle)) {
            configuration
                .api
                .patch(
                    &self.name,
                    &parameters,
                    &Patch::Apply(configuration.with(&self.name, bundle)),
                )
                .await
                .map_err(|source| self.error("write the caBundle of", &configuration.resource, source))?;
        }
        Ok(())
    }

    fn error(&self, verb: &'static str, resource: &ApiResource, source: kube::Error) -> CaBundleError {
        CaBundleError {
            verb,
            kind: resource.kind.clone(),
            name: self.name.clone(),
            source,
        }
    }
}

impl Configurations {
    /// Whether every webhook in each of them trusts `bundle` and nothing else.
    #[must_use]
    pub fn carry(&self, bundle: &str) -> bool {
        self.0.iter().all(|configuration| configuration.carries(bundle))
    }
}

impl Configuration {
    fn carries(&self, bundle: &str) -> bool {
        let encoded = BASE64.encode(bundle);
        self.webhooks
            .iter()
            .all(|webhook| webhook.client_config.ca_bundle.as_ref() == Some(&encoded))
    }

    /// What is applied: the names of the webhooks, by which their list is merged, and the field.
    fn with(&self, name: &str, bundle: &str) -> Value {
        let encoded = BASE64.encode(bundle);
        let webhooks: Vec<Value> = self
            .webhooks
            .iter()
            .map(|webhook| json!({"name": webhook.name, "clientConfig": {"caBundle": encoded}}))
            .collect();
        json!({
            "apiVersion": self.resource.api_version,
            "kind": self.resource.kind,
            "metadata": {"name": name, "resourceVersion": self.version},
            "webhooks": webhooks,
        })
    }
}

/// The webhooks of a configuration, which may have none.
fn webhooks(mut configuration: Value) -> Vec<Webhook> {
    let webhooks = configuration.get_mut("webhooks").map(Value::take).unwrap_or_default();
    serde_json::from_value(webhooks).unwrap_or_default()
}
