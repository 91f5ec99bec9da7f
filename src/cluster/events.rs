//! Events (`events.k8s.io/v1`): what `kubectl describe` shows below an object.
//!
//! They are told of while a request is answered, and sent later. Nobody waits for them, and there is never so much of them that it weighs on
//! the API server.

use std::collections::HashMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, sleep, timeout};

/// How many events wait at most to be sent. What comes then is dropped.
const MOST_WAITING: usize = 100;
/// How long an object has no further event after one: Spark asks again for an executor that was refused every second.
const QUIET_TIME: Duration = Duration::from_secs(60);
/// The least time between two events.
const SPACING: Duration = Duration::from_millis(200);
/// How long the API server may take for an event.
const SEND_TIME: Duration = Duration::from_secs(10);
/// The most bytes of a note and of an action: `ValidateEventCreate` of `pkg/apis/core/validation/events.go`.
const NOTE_BYTES: usize = 1024;
const ACTION_BYTES: usize = 128;
/// Who reports.
const CONTROLLER: &str = "sparkgate.io/serve";

/// Something that somebody should hear of.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The object that it is told of.
    pub regarding: ObjectReference,
    /// What has happened, in one word.
    pub reason: &'static str,
    /// Who did what. Notices that differ in this or the reason are events of their own; others are one event that is counted.
    pub action: String,
    /// What there is to say. Never holds an env value or a Secret.
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabels {
    result: &'static str,
}

const SENT: EventLabels = EventLabels { result: "sent" };
const FAILED: EventLabels = EventLabels { result: "failed" };
const DROPPED: EventLabels = EventLabels { result: "dropped" };

/// Where notices are told.
#[derive(Clone, Debug)]
pub struct Events {
    queue: mpsc::Sender<Notice>,
    counts: Family<EventLabels, Counter>,
}

/// What sends them on.
#[derive(Debug)]
pub struct Outbox {
    queue: mpsc::Receiver<Notice>,
    counts: Family<EventLabels, Counter>,
    /// Which objects have had an event lately, by their uids, and when.
    recent: HashMap<String, Instant>,
}

impl Events {
    /// A queue, and its end. Adds what is counted to `registry`.
    pub fn register(registry: &mut Registry) -> (Self, Outbox) {
        let counts = Family::default();
        registry.register(
            "events",
            "Events about executors that were refused and quotas that are overdrawn, by whether the API server took them",
            counts.clone(),
        );
        for labels in [SENT, FAILED, DROPPED] {
            drop(counts.get_or_create(&labels));
        }
        let (sender, queue) = mpsc::channel(MOST_WAITING);
        let outbox = Outbox {
            queue,
            counts: counts.clone(),
            recent: HashMap::new(),
        };
        (Self { queue: sender, counts }, outbox)
    }

    /// Has a notice sent, unless too many wait already. Outside of a cluster nobody is told.
    pub fn tell(&self, notice: Notice) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(notice) {
            self.counts.get_or_create(&DROPPED).inc();
        }
    }
}

impl Outbox {
    /// Sends what it is told, until nobody is left who could tell.
    pub async fn run(mut self, client: Client) {
        let recorder = Recorder::new(client, Reporter::from(CONTROLLER));
        while let Some(notice) = self.queue.recv().await {
            if !self.is_due(&notice.regarding, Instant::now()) {
                continue;
            }
            let event = Event {
                type_: EventType::Warning,
                reason: notice.reason.to_owned(),
                action: shortened(&notice.action, ACTION_BYTES).to_owned(),
                note: Some(shortened(&notice.note, NOTE_BYTES).to_owned()),
                secondary: None,
            };
            let result = match timeout(SEND_TIME, recorder.publish(&event, &notice.regarding)).await {
                Ok(Ok(())) => SENT,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "cannot send an event");
                    FAILED
                }
                Err(_) => {
                    tracing::warn!("cannot send an event: no answer in time");
                    FAILED
                }
            };
            self.counts.get_or_create(&result).inc();
            sleep(SPACING).await;
        }
    }

    /// The next notice that waits.
    #[cfg(test)]
    pub fn next_told(&mut self) -> Option<Notice> {
        self.queue.try_recv().ok()
    }

    /// Whether an object has had no event for a while.
    fn is_due(&mut self, regarding: &ObjectReference, now: Instant) -> bool {
        self.recent.retain(|_, at| now.duration_since(*at) < QUIET_TIME);
        let uid = regarding.uid.clone().unwrap_or_default();
        let is_due = !self.recent.contains_key(&uid);
        if is_due {
            self.recent.insert(uid, now);
        }
        is_due
    }
}

/// The beginning of a text, of at most so many bytes.
fn shortened(text: &str, bytes: usize) -> &str {
    let mut ends = (0..=bytes.min(text.len())).rev();
    let end = ends.find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
