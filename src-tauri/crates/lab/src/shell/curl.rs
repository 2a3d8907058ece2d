//! `curl` and `update-ca-trust` as RHEL has them (curl 7.76): real requests, with the trust that lies
//! in the machine's own files. The IMC has its own, with its own clock (`shell/imc.rs`).
//!
//! What the options do not name is not taken: an option that curl has and this has not is "unknown".

use std::{error::Error as _, sync::Arc, time::Duration};

use reqwest::{Client, Response, redirect::Policy};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use url::Url;

use super::{Call, Done, Machine};
use crate::{card::TRUST_ANCHORS, files::Files, imc::trust::CurlError};

/// What `update-ca-trust` makes, and TLS clients read.
const BUNDLE: &str = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
/// As curl follows, where it is not told otherwise.
const REDIRECTS: usize = 50;

/// `update-ca-trust`. Of the public authorities the lab has none: nothing on loopback is theirs.
pub(super) fn update_ca_trust(files: &mut Files) {
    let names = files.list(TRUST_ANCHORS).unwrap_or_default();
    let read = |name: &String| files.read_text(&format!("{TRUST_ANCHORS}/{name}")).ok();
    let bundle: String = names.iter().filter_map(read).collect();
    files.place(BUNDLE, bundle.as_bytes());
}

/// What went wrong: curl's exit code and what it says behind it.
struct Failure {
    code: u32,
    text: String,
}

impl Failure {
    fn new(code: u32, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }

    fn of(error: CurlError) -> Self {
        Self::new(u32::from(error.code()), error.to_string())
    }
}

#[derive(Default)]
struct Options<'a> {
    url: Option<&'a str>,
    output: Option<&'a str>,
    authorities: Option<&'a str>,
    limit: Option<Duration>,
    fail: bool,
    silent: bool,
    show_error: bool,
    follow: bool,
}

impl<'a> Options<'a> {
    /// The text is what curl says of what it can't read.
    fn read(args: &[&'a str]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut words = args.iter().copied();
        let mut only_urls = false;
        while let Some(word) = words.next() {
            match word {
                "--" if !only_urls => only_urls = true,
                long if !only_urls && long.starts_with("--") => {
                    let name = &long[2..];
                    let short = match name {
                        "fail" => 'f',
                        "silent" => 's',
                        "show-error" => 'S',
                        "location" => 'L',
                        "output" => 'o',
                        "max-time" => 'm',
                        "cacert" => 'C',
                        _ => return Err(format!("option {long}: is unknown")),
                    };
                    options.take(short, None, long, &mut words)?;
                }
                cluster if !only_urls && cluster.len() > 1 && cluster.starts_with('-') => {
                    options.cluster(&cluster[1..], cluster, &mut words)?;
                }
                url => options.url = Some(url),
            }
        }
        Ok(options)
    }

    /// `-fsSLo FILE`: the last may have its value behind it, with or without a space.
    fn cluster(
        &mut self,
        letters: &'a str,
        word: &str,
        words: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        for (at, letter) in letters.char_indices() {
            let unknown = || format!("option {word}: is unknown");
            let rest = &letters[at + letter.len_utf8()..];
            match letter {
                'f' | 's' | 'S' | 'L' => self.take(letter, None, word, words)?,
                'o' | 'm' => {
                    let value = Some(rest).filter(|rest| !rest.is_empty());
                    return self.take(letter, value, word, words);
                }
                _ => return Err(unknown()),
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        option: char,
        value: Option<&'a str>,
        word: &str,
        words: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        let mut value = || {
            let value = value.or_else(|| words.next());
            value.ok_or_else(|| format!("option {word}: requires parameter"))
        };
        match option {
            'f' => self.fail = true,
            's' => self.silent = true,
            'S' => self.show_error = true,
            'L' => self.follow = true,
            'o' => self.output = Some(value()?),
            'C' => self.authorities = Some(value()?),
            _ => {
                let seconds = value()?.parse().ok();
                let limit = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
                let wrong = || format!("option {word}: expected a proper numerical parameter");
                self.limit = Some(limit.ok_or_else(wrong)?).filter(|limit| !limit.is_zero());
            }
        }
        Ok(())
    }
}

pub(super) async fn curl<M: Machine>(machine: &M, call: &Call) -> Done {
    const TRY: &str = "curl: try 'curl --help' or 'curl --manual' for more information\n";
    let args = call.args();
    let options = match Options::read(&args) {
        Ok(options) => options,
        Err(text) => return Done::failed(2, format!("curl: {text}\n{TRY}")),
    };
    let Some(url) = options.url else {
        return Done::failed(2, format!("curl: no URL specified!\n{TRY}"));
    };
    let transfer = transfer(machine, call, &options, url);
    let ended = match options.limit {
        None => transfer.await,
        Some(limit) => match tokio::time::timeout(limit, transfer).await {
            Ok(ended) => ended,
            Err(_) => Err(Failure::new(
                28,
                format!(
                    "Operation timed out after {} milliseconds",
                    limit.as_millis()
                ),
            )),
        },
    };
    match ended {
        Ok(out) => Done::fine(out),
        Err(Failure { code, .. }) if options.silent && !options.show_error => Done::exit(code),
        Err(Failure { code, text }) => Done::failed(code, format!("curl: ({code}) {text}\n")),
    }
}

/// What goes to standard output.
async fn transfer<M: Machine>(
    machine: &M,
    call: &Call,
    options: &Options<'_>,
    url: &str,
) -> Result<Vec<u8>, Failure> {
    let url = Url::parse(url).map_err(|_| Failure::of(CurlError::BadUrl))?;
    if !matches!(url.scheme(), "http" | "https") {
        let scheme = url.scheme();
        let text = format!("Protocol \"{scheme}\" not supported or disabled in libcurl");
        return Err(Failure::new(1, text));
    }
    let authorities = match options.authorities {
        None => machine.read(BUNDLE).unwrap_or_default(),
        Some(path) => machine.read(&call.path(path)).map_err(|_| {
            let text = format!("error setting certificate verify locations:  CAfile: {path}");
            Failure::new(77, text)
        })?,
    };
    let client = client(&authorities, options.follow);
    let client = client.map_err(|_| Failure::of(CurlError::TlsHandshake))?;
    let answer = client.get(url.clone()).send().await;
    let mut answer = answer.map_err(|error| asking_failed(&error, &url))?;
    let status = answer.status().as_u16();
    if options.fail && status >= 400 {
        let text = format!("The requested URL returned error: {status}");
        return Err(Failure::new(22, text));
    }
    let Some(output) = options.output.filter(|path| *path != "-") else {
        let mut body = Vec::new();
        while let Some(piece) = next(&mut answer, body.len()).await? {
            body.extend_from_slice(&piece);
        }
        return Ok(body);
    };
    let not_written = |_| Failure::new(23, "Failed writing body");
    let path = call.path(output);
    let mut came = 0;
    if path != "/dev/null" {
        let emptied = machine.files(|files| files.write(&path, b""));
        emptied.map_err(not_written)?;
    }
    // Piece by piece: what broke off leaves its beginning behind, as on a real machine.
    while let Some(piece) = next(&mut answer, came).await? {
        came += piece.len();
        if path != "/dev/null" {
            let added = machine.files(|files| files.append(&path, &piece));
            added.map_err(not_written)?;
        }
    }
    Ok(Vec::new())
}

/// `came`: bytes of the body so far.
async fn next(answer: &mut Response, came: usize) -> Result<Option<bytes::Bytes>, Failure> {
    let promised = answer
        .headers()
        .get("content-length")
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    answer.chunk().await.map_err(|error| match promised {
        Some(promised) if promised > came => {
            let left = promised - came;
            let text = format!("transfer closed with {left} bytes remaining to read");
            Failure::new(18, text)
        }
        _ => Failure::of(CurlError::of(&error)),
    })
}

fn asking_failed(error: &reqwest::Error, url: &Url) -> Failure {
    if error.is_redirect() {
        return Failure::new(47, format!("Maximum ({REDIRECTS}) redirects followed"));
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    match CurlError::of(error) {
        CurlError::NoHost => Failure::new(6, format!("Could not resolve host: {host}")),
        CurlError::NoConnection => {
            let mut why = None;
            let mut source = error.source();
            while let Some(cause) = source {
                if let Some(io) = cause.downcast_ref::<std::io::Error>() {
                    why = Some(match io.kind() {
                        std::io::ErrorKind::ConnectionRefused => "Connection refused",
                        std::io::ErrorKind::HostUnreachable => "No route to host",
                        _ => "Connection timed out",
                    });
                }
                source = cause.source();
            }
            let why = why.unwrap_or("Connection timed out");
            Failure::new(7, format!("Failed to connect to {host} port {port}: {why}"))
        }
        other => Failure::of(other),
    }
}

/// Trusts these authorities (PEM) and nobody else.
fn client(authorities: &[u8], follow: bool) -> Result<Client, reqwest::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(authorities).flatten());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has suites for TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let redirects = match follow {
        true => Policy::limited(REDIRECTS),
        false => Policy::none(),
    };
    Client::builder()
        .tls_backend_preconfigured(config)
        .http1_only()
        .redirect(redirects)
        .no_proxy()
        .build()
}
