//! `sparkgate explain`: what the pods of a job will ask for, and which policies have a say in it.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;

use super::inputs::{self, Input};
use super::manifests::{self, Manifests};
use super::{Exit, Object};
use crate::engine::explanation::{self, Explanation};
use crate::engine::json::{Arena, Json};
use crate::engine::policy::PolicySet;
use crate::engine::preview::PreviewError;
use crate::engine::request::Request;
use crate::engine::Facts;
use crate::policies;
use crate::report::explain::{self, Page};
use crate::report::remark::{Place, Remark, Severity};
use crate::report::{Failure, human};
