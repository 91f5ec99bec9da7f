//! Connections: accepting them, TLS, HTTP/1.1, and letting them end.
//!
//! Anybody in the cluster's network can connect here, so every wait is bounded, and a connection on which nothing has
//! been said takes no place from one that is in use.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How many connections may be between their first packet and the first byte of their first request.
const OPENING_PLACES: usize = 1024;
/// How long a connection may be there.
const OPENING_TIME: Duration = Duration::from_secs(10);
/// How many connections may be in use, or kept for use. An API server keeps 25 idle ones.
const OPEN_PLACES: usize = 1024;
/// How long the head of a request may take, and a connection be idle before it: longer than the 90 s after which the API
/// server's client drops it, so that it is never we who close a connection that a request is just being sent on.
const HEAD_TIME: Duration = Duration::from_secs(120);
/// How long a client may leave the rest of an answer unread, once there is no more room for it on the way: the longest
/// that an API server can be told to wait for a webhook.
const UNREAD_TIME: Duration = Duration::from_secs(30);
/// How long to leave a process alone that has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long requests under way may still take after the end: more than a body may take, and less than is left of the
/// 30 s that Kubernetes gives a pod to terminate.
const DRAIN_TIME: Duration = Duration::from_secs(15);

/// How an accepted socket becomes the stream that HTTP is spoken on.
pub trait Transport: Clone + Send + Sync + 'static {
    /// That stream.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Opens the stream, and waits until the client has begun to speak.
    fn open(&self, socket: TcpStream) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// The socket as it is.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Transport for Plain {
    type Stream = TcpStream;

    async fn open(&self, socket: TcpStream) -> io::Result<TcpStream> {
        socket.readable().await?;
        Ok(socket)
    }
}

impl Transport for TlsAcceptor {
    type Stream = TlsStream<TcpStream>;

    async fn open(&self, socket: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let mut stream = self.accept(socket).await?;
        stream.fill_buf().await?;
        Ok(stream)
    }
}

/// Answers on `listener` until `stop`, then lets the requests under way end, for 15 s at most.
pub async fn serve(listener: TcpListener, transport: impl Transport, router: Router, stop: impl Future<Output = ()>) {
    let opening = Arc::new(Semaphore::new(OPENING_PLACES));
    let open = Arc::new(Semaphore::new(OPEN_PLACES));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (socket, place) = tokio::select! {
            () = &mut stop => break,
            Some(accepted) = accept(&listener, &opening) => accepted,
        };
        let connection = Connection {
            place,
            open: Arc::clone(&open),
            watcher: graceful.watcher(),
        };
        tokio::spawn(connection.serve(socket, transport.clone(), router.clone()));
    }
    drop(listener);
    if timeout(DRAIN_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!(after_s = DRAIN_TIME.as_secs(), "cutting requests that did not end");
    }
}

/// The next connection and its place among those that are opening. While all places are taken, connections wait in the
/// kernel's backlog.
async fn accept(listener: &TcpListener, opening: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(opening).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((socket, _)) => return Some((socket, place)),
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether the client gave up before it was accepted; anything else, such as no file descriptor left, stays a while.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

struct Connection {
    place: OwnedSemaphorePermit,
    open: Arc<Semaphore>,
    watcher: Watcher,
}

impl Connection {
    async fn serve(self, socket: TcpStream, transport: impl Transport, router: Router) {
        let Self { place, open, watcher } = self;
        let opened = timeout(OPENING_TIME, async {
            // Without it a small answer may wait for the client's acknowledgement of the one before.
            socket.set_nodelay(true)?;
            let stream = transport.open(socket).await?;
            let place = open.acquire_owned().await.map_err(io::Error::other)?;
            io::Result::Ok((stream, place))
        });
        let (stream, _open_place) = match opened.await {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => {
                log_unopened(&error);
                return;
            }
            Err(_) => {
                tracing::debug!("closing a connection on which nothing was said");
                return;
            }
        };
        drop(place);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(UNREAD_TIME));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router));
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended badly");
        }
    }
}

/// A client that refuses our certificate is what an operator has to hear of; one that only knocked is not.
fn log_unopened(error: &io::Error) {
    if error.kind() == io::ErrorKind::InvalidData {
        tracing::warn!(%error, "no TLS with a client");
    } else {
        tracing::debug!(%error, "a connection ended before its first request");
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::net::SocketAddr;

    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::*;

    /// Answers on a port of its own until the sender is used or dropped. The clock of these tests stands still while
    /// anything happens, and jumps to the next timer when nothing does.
    async fn serve_until_told() -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", post(pending::<()>));
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve(listener, Plain, router, async {
            let _ = stopped.await;
        }));
        (address, stop, server)
    }

    async fn say(address: SocketAddr, words: &str) -> TcpStream {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(words.as_bytes()).await.unwrap();
        client
    }

    #[tokio::test(start_paused = true)]
    async fn closes_connections_that_say_nothing_or_stop_in_the_middle_of_a_head() {
        let (address, _stop, _server) = serve_until_told().await;
        for words in ["", "POST / HT", "POST / HTTP/1.1\r\nHost: a\r\n"] {
            let mut client = say(address, words).await;
            // Until the end, which may be a reset.
            let _ = client.read_to_end(&mut Vec::new()).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_wait_for_ever_for_a_request_that_never_ends() {
        let (address, stop, server) = serve_until_told().await;
        let _client = say(address, "POST / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.send(()).unwrap();
        server.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn closes_connections_whose_answer_is_never_read() {
        // More than the buffers between the two ends of a connection take.
        let router = Router::new().route("/", get(|| async { vec![0; 64 * 1024 * 1024] }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = say(listener.local_addr().unwrap(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let (socket, _) = listener.accept().await.unwrap();
        let places = Arc::new(Semaphore::new(2));
        let graceful = GracefulShutdown::new();
        let connection = Connection {
            place: Arc::clone(&places).acquire_owned().await.unwrap(),
            open: places,
            watcher: graceful.watcher(),
        };
        let served = connection.serve(socket, Plain, router);
        timeout(2 * UNREAD_TIME, served).await.unwrap();
    }
}
