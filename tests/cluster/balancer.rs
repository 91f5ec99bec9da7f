//! A Service on loopback: connections go to one of several replicas in turn, as they are.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a Service and its endpoints are to an API server. It listens until the end of the tests.
pub struct Balancer {
    pub port: u16,
    endpoints: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Balancer {
    /// One without endpoints: whoever connects is turned away.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let endpoints: Arc<Mutex<Vec<SocketAddr>>> = Arc::default();
        let served = Arc::clone(&endpoints);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let mut endpoints = served.lock().unwrap();
                if endpoints.is_empty() {
                    continue;
                }
                endpoints.rotate_left(1);
                let endpoint = endpoints[0];
                // An endpoint that is gone is a connection that breaks, as it is behind a Service.
                let _ = TcpStream::connect(endpoint).and_then(|server| join(&client, &server));
            }
        });
        Self { port, endpoints }
    }

    /// Adds a replica for the connections to come.
    pub fn add(&self, endpoint: SocketAddr) {
        self.endpoints.lock().unwrap().push(endpoint);
    }

    /// Takes a replica out; its connections stay.
    pub fn remove(&self, endpoint: SocketAddr) {
        self.endpoints.lock().unwrap().retain(|other| *other != endpoint);
    }
}

fn join(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    for (from, to) in [(client, server), (server, client)] {
        from.set_nodelay(true)?;
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || {
            // However it ended, the other side is to hear of it.
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    Ok(())
}
