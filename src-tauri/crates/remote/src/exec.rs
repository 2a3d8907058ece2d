//! One command on one channel: send it and its input, collect what it leaves.

use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig, client::Msg};
use slipway_core::{command::CommandLine, ports::CommandOutput};

/// Of standard output and of standard error, each. More is read and thrown away.
const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;

/// Stops the far command when nobody waits for it any more: at a deadline or a cancel.
pub(crate) struct Running {
    writer: Option<ChannelWriteHalf<Msg>>,
}

impl Running {
    pub fn new(writer: ChannelWriteHalf<Msg>) -> Self {
        Self {
            writer: Some(writer),
        }
    }

    fn writer(&self) -> &ChannelWriteHalf<Msg> {
        self.writer.as_ref().expect("only `drop` takes it")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let (Some(writer), Ok(runtime)) =
            (self.writer.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        // Closing alone leaves a silent command running. OpenSSH passes signals on since 7.9, but
        // seen with 9.2: not for root, whose sessions it runs without privilege separation. So
        // stopping is best effort. After the command's own end both are ignored.
        runtime.spawn(async move {
            let _ = writer.signal(Sig::TERM).await;
            let _ = writer.close().await;
        });
    }
}

/// Runs the command to its end. The error is the reason why there is no answer.
pub(crate) async fn run(
    reader: &mut ChannelReadHalf,
    running: &Running,
    command: &CommandLine,
    stdin: &[u8],
) -> Result<CommandOutput, String> {
    let writer = running.writer();
    let gone = |error: russh::Error| error.to_string();
    writer.exec(true, command.to_string()).await.map_err(gone)?;
    // Input and output move at the same time: a command that answers while it reads would else
    // block on its full pipe, and we on ours.
    let send = async {
        // A command may end without reading its input: that is no error.
        let _ = writer.data_bytes(stdin.to_vec()).await;
        let _ = writer.eof().await;
    };
    tokio::pin!(send);
    let mut sent = false;
    let mut left = Left::default();
    loop {
        tokio::select! {
            () = &mut send, if !sent => sent = true,
            message = reader.wait() => match message {
                Some(message) => left.take(message)?,
                None => break,
            },
        }
    }
    let exit = left
        .exit
        .ok_or("the connection ended before the command did")?;
    Ok(CommandOutput {
        exit,
        stdout: left.stdout,
        stderr: left.stderr,
    })
}

/// What came so far.
#[derive(Default)]
struct Left {
    exit: Option<u32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Left {
    fn take(&mut self, message: ChannelMsg) -> Result<(), String> {
        match message {
            ChannelMsg::Data { data } => keep(&mut self.stdout, &data),
            ChannelMsg::ExtendedData { data, .. } => keep(&mut self.stderr, &data),
            ChannelMsg::ExitStatus { exit_status } => self.exit = Some(exit_status),
            ChannelMsg::ExitSignal { signal_name, .. } => {
                self.exit = Some(128 + signal_number(&signal_name));
            }
            ChannelMsg::Failure => return Err("it refuses to run commands".to_owned()),
            // Of russh, and growing with it: the rest tells nothing about a command.
            _ => {}
        }
        Ok(())
    }
}

fn keep(all: &mut Vec<u8>, data: &[u8]) {
    let room = OUTPUT_LIMIT - all.len();
    all.extend_from_slice(&data[..data.len().min(room)]);
}

/// The number of a signal on Linux; 127 for one that SSH names and we don't know.
fn signal_number(signal: &Sig) -> u32 {
    match signal {
        Sig::HUP => 1,
        Sig::INT => 2,
        Sig::QUIT => 3,
        Sig::ILL => 4,
        Sig::ABRT => 6,
        Sig::FPE => 8,
        Sig::KILL => 9,
        Sig::USR1 => 10,
        Sig::SEGV => 11,
        Sig::PIPE => 13,
        Sig::ALRM => 14,
        Sig::TERM => 15,
        Sig::Custom(name) => match name.trim_end_matches("@openssh.com") {
            "TRAP" => 5,
            "BUS" => 7,
            "USR2" => 12,
            "XCPU" => 24,
            "XFSZ" => 25,
            "SYS" => 31,
            _ => 127,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_stops_growing_at_its_limit() {
        let mut all = vec![0; OUTPUT_LIMIT - 2];
        keep(&mut all, b"abc");
        assert_eq!(all.len(), OUTPUT_LIMIT);
        assert!(all.ends_with(b"ab"));
        keep(&mut all, b"d");
        assert_eq!(all.len(), OUTPUT_LIMIT);
    }
}
