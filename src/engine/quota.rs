//! Whether a job fits the quotas of its namespace: what the API server will charge for its pods and for all that comes with
//! them, beside what others use and are still to use.
//!
//! An admission goes: [`AdmittedPod`], the pod as admission plugins leave it; its [`Charges`] and its [`PodClass`], which decide what
//! counts against which quota; [`JobDemand`], the charges of a whole job; [`Ledger`], what jobs that were let in are still to
//! use; [`Fit`], the comparison.

pub mod account;
pub mod charges;
pub mod constraint;
pub mod fit;
pub mod job;
pub mod ledger;
pub mod limits;
pub mod objects;
pub mod pod;
pub mod scope;
pub mod standing;
pub mod stored;

pub use account::{account_of, account_of_request};
pub use charges::{Charges, Tally};
pub use fit::{Fit, Shortfall, overdrawn};
pub use job::JobDemand;
pub use ledger::{Claim, Ledger, Statement};
pub use pod::{AdmittedPod, NotAdmitted};
pub use scope::PodClass;
pub use standing::Standing;
