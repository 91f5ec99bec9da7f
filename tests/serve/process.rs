//! `sparkgate serve` as a process of its own, on ports handed out by the system.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long to wait for what should happen at once, before a test is given up.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What tells a program that it runs in a cluster. Tests may run in one, and the server is not to watch it.
pub const IN_CLUSTER: &str = "KUBERNETES_SERVICE_HOST";

/// The program, with arguments and a directory to work in.
pub fn sparkgate(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparkgate"));
    command.current_dir(directory).args(arguments).env_remove(IN_CLUSTER);
    command
}

/// Tries until something holds.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A running server. It is killed when dropped.
pub struct Server {
    child: Child,
    log: Receiver<Value>,
    /// Where it answers reviews.
    pub webhook: SocketAddr,
    /// Where it tells of itself.
    pub admin: SocketAddr,
    /// Its working directory, in which `certs/` is.
    pub directory: PathBuf,
    /// Removed with the server.
    temporary: Option<TempDir>,
}

impl Server {
    /// Starts one in a directory of its own.
    pub fn start(arguments: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut server = Self::start_in(temporary.path(), arguments);
        server.temporary = Some(temporary);
        server
    }

    /// Starts one in a directory that is there.
    pub fn start_in(directory: &Path, arguments: &[&str]) -> Self {
        let mut command = sparkgate(directory, &["serve", "--log-format", "json"]);
        command
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(arguments);
        Self::spawn(directory, command)
    }

    /// Runs a command that becomes a server.
    pub fn spawn(directory: &Path, mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = follow(child.stderr.take().unwrap());
        let mut server = Self {
            child,
            log,
            webhook: ([127, 0, 0, 1], 0).into(),
            admin: ([127, 0, 0, 1], 0).into(),
            directory: directory.to_owned(),
            temporary: None,
        };
        let serving = server.next_line("serving");
        let address = |field: &str| serving[field].as_str().unwrap().parse().unwrap();
        server.webhook = address("listen");
        server.admin = address("admin_listen");
        server
    }

    /// The next log line with this message.
    #[track_caller]
    pub fn next_line(&self, message: &str) -> Value {
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) if line["message"] == message => return line,
                Ok(_) => {}
                Err(error) => panic!("no line {message:?} in the log: {error}"),
            }
        }
    }

    /// The certificate that clients have to trust.
    pub fn ca_file(&self) -> PathBuf {
        self.directory.join("certs/ca.crt")
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &process]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        until("the server ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the log as it is written, so that its writer never waits.
fn follow(log: ChildStderr) -> Receiver<Value> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
