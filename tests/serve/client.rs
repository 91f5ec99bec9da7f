//! A client that can do what no good client does: stop half-way, say too much, or say nothing.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::ring;
use rustls::{ClientConfig, ClientConnection, ConfigBuilder, RootCertStore, StreamOwned, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::Value;

use super::process::{PATIENCE, Server};

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// `response` of the `AdmissionReview` in the body.
    #[track_caller]
    pub fn response(&self) -> Value {
        let review: Value = serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        assert_eq!(review["apiVersion"], "admission.k8s.io/v1");
        assert_eq!(review["kind"], "AdmissionReview");
        review["response"].clone()
    }
}

/// One connection, over TLS or plain.
pub struct Connection<S: Read + Write>(BufReader<S>);

pub type Tls = StreamOwned<ClientConnection, TcpStream>;

/// A socket that does not wait for ever.
pub fn socket(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

fn trusting(
    authorities: &[u8],
    versions: &[&'static SupportedProtocolVersion],
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(authorities) {
        roots.add(authority.unwrap()).unwrap();
    }
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
}

impl Connection<Tls> {
    /// Connects to the webhook port, trusting the server's own authority.
    pub fn open(server: &Server) -> io::Result<Self> {
        Self::open_with(server.webhook, &server.ca_file(), rustls::ALL_VERSIONS)
    }

    /// Connects, trusting one authority and speaking some versions of TLS.
    pub fn open_with(
        address: SocketAddr,
        ca_file: &Path,
        versions: &[&'static SupportedProtocolVersion],
    ) -> io::Result<Self> {
        let authority = fs::read(ca_file).unwrap();
        Self::handshake(address, trusting(&authority, versions).with_no_client_auth())
    }

    /// Connects, trusting the authorities of a bundle in PEM.
    pub fn open_trusting(address: SocketAddr, bundle: &[u8]) -> io::Result<Self> {
        Self::handshake(address, trusting(bundle, rustls::ALL_VERSIONS).with_no_client_auth())
    }

    /// Connects, trusting one authority and showing a certificate.
    pub fn open_as(address: SocketAddr, ca_file: &Path, certificate: &Path, key: &Path) -> io::Result<Self> {
        let chain = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap);
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let authority = fs::read(ca_file).unwrap();
        let config = trusting(&authority, rustls::ALL_VERSIONS).with_client_auth_cert(chain.collect(), key);
        Self::handshake(address, config.unwrap())
    }

    fn handshake(address: SocketAddr, mut config: ClientConfig) -> io::Result<Self> {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let name = ServerName::try_from("sparkgate.sparkgate.svc").unwrap();
        let session = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(session, socket(address)?);
        stream.conn.complete_io(&mut stream.sock)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// The certificate that the server has shown.
    pub fn leaf(&self) -> Vec<u8> {
        self.0.get_ref().conn.peer_certificates().unwrap()[0].to_vec()
    }

    /// What was agreed on to speak.
    pub fn protocol(&self) -> Option<&[u8]> {
        self.0.get_ref().conn.alpn_protocol()
    }
}

impl Connection<TcpStream> {
    /// Connects to the admin port.
    pub fn plain(address: SocketAddr) -> io::Result<Self> {
        Ok(Self(BufReader::new(socket(address)?)))
    }
}

impl<S: Read + Write> Connection<S> {
    /// Says something, whole or not.
    pub fn say(&mut self, words: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.get_mut().write_all(words.as_ref())?;
        self.0.get_mut().flush()
    }

    /// Posts a body and hears the answer.
    pub fn post(&mut self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        let body = body.as_ref();
        self.say(head("POST", path, body.len())).unwrap();
        self.say(body).unwrap();
        self.hear().unwrap()
    }

    /// Hears one answer.
    pub fn hear(&mut self) -> io::Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        let body = String::from_utf8(body).unwrap();
        Ok(Answer { status, head, body })
    }
}

/// The head of a request whose body has `length` bytes.
pub fn head(method: &str, path: &str, length: usize) -> String {
    format!(
        "{method} {path}?timeout=5s HTTP/1.1\r\n\
         Host: sparkgate.sparkgate.svc\r\n\
         User-Agent: kube-apiserver-admission\r\n\
         Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

/// Posts a body on a connection of its own.
pub fn post(server: &Server, path: &str, body: impl AsRef<[u8]>) -> Answer {
    Connection::open(server).unwrap().post(path, body)
}

/// Asks the admin port.
pub fn get(server: &Server, path: &str) -> Answer {
    let mut connection = Connection::plain(server.admin).unwrap();
    connection.say(head("GET", path, 0)).unwrap();
    connection.hear().unwrap()
}
