//! What mutations do to whole objects, through the engine's one entry.

mod applications;
mod diff;
mod foreseen;
mod jmx_exporter;
mod passes;
mod pod_template;
mod recorded;
