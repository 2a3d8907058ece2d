//! The shell against a real bash: where both can run a script, they must say the same.

use std::{process::Command, sync::Mutex};

use proptest::prelude::*;
use slipway_core::command::CommandLine;

use super::*;

#[derive(Default)]
struct Plain(Mutex<Files>);

impl Machine for Plain {
    fn files<R>(&self, work: impl FnOnce(&mut Files) -> R) -> R {
        work(&mut self.0.lock().unwrap())
    }
    fn made_up(&self, path: &str) -> Option<Vec<u8>> {
        (path == "/proc/uptime").then(|| b"12.34 5.00\n".to_vec())
    }
    fn hostname(&self) -> String {
        "plain".into()
    }
    fn now(&self) -> jiff::Timestamp {
        "2026-09-01T08:00:00Z".parse().unwrap()
    }
    fn set_clock(&self, _to: jiff::Timestamp) -> Result<(), &'static str> {
        Err("Operation not permitted")
    }
    fn space(&self, _path: &str) -> (u64, u64, &'static str) {
        (4096, 8192, "/")
    }
    async fn program(&self, _call: &Call) -> Option<Done> {
        None
    }
}

fn machine() -> Plain {
    let directories = ["/etc", "/tmp", "/root", "/work"];
    Plain(Mutex::new(Files::with_directories(&directories)))
}

async fn said(machine: &Plain, script: &str, stdin: &str) -> (u32, String, String) {
    let out = run(machine, script, Stdin::bytes(stdin)).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.exit, text(out.stdout), text(out.stderr))
}

/// A folder of its own for the real shell; in ours it is made.
async fn same_as_bash(script: &str, stdin: &str) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap().to_owned();
    let script = script.replace("DIR", &path);
    let machine = machine();
    machine.files(|files| files.make_directories(&path));
    let ours = said(&machine, &script, stdin).await;
    let input = dir.path().join(".stdin");
    std::fs::write(&input, stdin).unwrap();
    let real = Command::new("bash")
        .args(["-c", &script])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C")
        .stdin(std::fs::File::open(input).unwrap())
        .output()
        .unwrap();
    let stdout = String::from_utf8(real.stdout).unwrap();
    let exit = u32::try_from(real.status.code().unwrap()).unwrap();
    if (ours.0, &ours.1) == (exit, &stdout) {
        return Ok(());
    }
    Err(format!(
        "{script}\n  ours: {ours:?}\n  bash: {exit} {stdout:?}"
    ))
}

#[tokio::test]
async fn scripts_do_what_bash_does() {
    let scripts = [
        r#"echo a 'b  c' "d $HOMELESS e" f\ g; echo "it's" '"' "\"\$x\`""#,
        "true && echo yes || echo no; false && echo yes || echo no; ! true; echo $?",
        "x='a b'; printf '[%s]' $x; printf '[%s]' \"$x\"; echo; x= y=2; echo \"$x$y${z:-dflt}${y:+set}\"",
        "echo one > DIR/f; echo two >> DIR/f; cat DIR/f; cat < DIR/f | wc -l; ls DIR",
        "echo err >&2; echo out; { echo a; echo b >&2; } 2>/dev/null | cat",
        "(echo in; exit 3); echo $?; sh -c 'echo $0 $1; exit 4' zero one; echo $?",
        "cat DIR/nothing 2>/dev/null; echo $?; cat DIR/nothing 2>&1 >/dev/null | tail -n 1",
        "v=7; cat <<EOF\nv is $v and \\$v\nEOF\ncat <<'EOF'\nv is $v\n\tEOF\nEOF\ncat <<-X\n\ttab\n\tX\necho after",
        "if test -f DIR/f; then echo is; elif [ 1 -lt 2 ]; then echo elif; else echo not; fi",
        "for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done; echo $i",
        "for i in 1 2 'x y'; do echo \"<$i>\"; done; n=0; while [ \"$n\" != aaa ]; do n=\"${n#0}a\"; done; echo $n",
        "set -e; false || echo handled; if false; then :; fi; false; echo never",
        "set -eu; echo \"${unset:-fine}\"; true",
        "set -u; echo $nowhere; echo never",
        "mkdir -p DIR/a/b; echo x > DIR/a/b/c.txt; echo y > DIR/a/b/d.txt; cd DIR/a/b; ls; cat *.txt; rm -f *.txt; ls; echo '*.txt' *.none",
        "install -d -m 0700 DIR/k; stat -c '%a %F' DIR/k; printf 'abc' > DIR/k/f; chmod 0600 DIR/k/f; stat -c '%s %a' DIR/k/f",
        "mv DIR/x DIR/y 2>/dev/null || echo cannot; echo 1 > DIR/x; mv DIR/x DIR/y; cp DIR/y DIR/z; cat DIR/z; test -e DIR/x; echo $?",
        "echo hello | sha256sum; printf 'a\\nb\\nc\\n' | tail -n 2 | head -n 1; printf '%s\\n' a b c | grep -v b; echo Zm9v | base64 -d",
        "mkdir -p DIR/from/in DIR/there; echo 1 > DIR/from/in/f; mv DIR/from DIR/to; cat DIR/to/in/f; mv DIR/to DIR/there; ls DIR; ls DIR/there/to; mv DIR/no DIR/x 2>/dev/null; echo $?",
        "mkdir -p DIR/d/e; echo 1 > DIR/f; mv DIR/d DIR/f 2>/dev/null; echo $?; mv DIR/d DIR/d 2>/dev/null; echo $?; mkdir -p DIR/o/d/x; mv DIR/d DIR/o 2>/dev/null; echo $?; mv DIR/d DIR/no/d 2>/dev/null; echo $?; ls DIR",
        "cat | tee DIR/t | wc -c; cat DIR/t",
        "a=$(echo one; echo two); echo \"$a\"; echo $a; echo `echo back`; b=$(false); echo $?",
        "echo one; exit 5; echo two",
        "nosuchprogram 2>/dev/null; echo $?",
        "echo a&&echo b;echo c|cat|cat;echo d # comment\n# another\necho e",
        "echo $1 -- \"$@\" $#; set -- ; shift 2>/dev/null; eval 'echo ev$(echo al)'",
        "[ -z '' -a -n x ] && echo and; [ a = a ] && [ a != b ] && echo eq; test 3 -ge 4 || echo lt",
        "dirname /a/b/c; basename /a/b/c; echo -n no newline; echo -e 'tab\\tx'",
        "timeout 5 echo in time; env A=1 sh -c 'echo $A'; A=2 sh -c 'echo $A'; echo \"$A\"",
    ];
    let mut wrong = Vec::new();
    for script in scripts {
        wrong.extend(same_as_bash(script, "first\nsecond\n").await.err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files with these bytes, for the real tar and for ours: exit code and everything that is said must be
/// the same, and what lies there afterwards.
#[tokio::test]
async fn archives_are_unpacked_as_by_gnu_tar_and_what_is_none_is_refused_in_its_words() {
    use std::{io::Write as _, process::Stdio};
    let real = |script: &str| {
        let mut command = Command::new("bash");
        command.args(["-c", script]).env("LC_ALL", "C");
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let exit = u32::try_from(output.status.code().unwrap()).unwrap();
        (exit, text(output.stdout), text(output.stderr))
    };
    let gzip = |bytes: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    };
    let mut odd = ::tar::Builder::new(Vec::new());
    for (name, bytes) in [("/abs/x", "1"), ("a/../../up", "2"), ("a/b/c", "3")] {
        let mut header = ::tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o640);
        header.set_cksum();
        odd.append(&header, bytes.as_bytes()).unwrap();
    }
    let mut link = ::tar::Header::new_ustar();
    link.set_entry_type(::tar::EntryType::Link);
    link.set_size(0);
    link.set_mode(0o640);
    odd.append_link(&mut link, "a/hard", "a/b/c").unwrap();
    let odd = odd.into_inner().unwrap();

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap().to_owned();
    let made = real(&format!(
        "cd {path}; umask 022; mkdir -p in/release/sub; echo one > in/release/one; chmod 755 in/release/one; \
         seq 20000 > in/release/sub/two; tar -czf whole.tgz -C in release"
    ));
    assert_eq!(made, (0, String::new(), String::new()));
    let whole = std::fs::read(dir.path().join("whole.tgz")).unwrap();
    let files = [
        ("whole.tgz", whole.clone()),
        ("short.tgz", whole[..whole.len() / 2].to_vec()),
        ("text.tgz", b"no archive at all\n".to_vec()),
        ("packed-text.tgz", gzip("text\n".repeat(500).as_bytes())),
        ("plain.tar", odd.clone()),
        ("odd.tgz", gzip(&odd)),
    ];
    let machine = machine();
    let mut wrong = Vec::new();
    for (name, bytes) in &files {
        std::fs::write(dir.path().join(name), bytes).unwrap();
        machine.files(|files| files.place(&format!("{path}/{name}"), bytes));
    }
    for (at, tar) in [
        "-xzf DIR/whole.tgz -C OUT",
        "-xzf DIR/whole.tgz -C OUT --strip-components=1",
        "xzf DIR/whole.tgz -C OUT --strip-components=9",
        "-x -f DIR/plain.tar -C OUT",
        "-xzf DIR/odd.tgz -C OUT --strip-components=1",
        "-xzf DIR/short.tgz -C OUT",
        "-xzf DIR/text.tgz -C OUT",
        "-xzf DIR/packed-text.tgz -C OUT",
        "-xzf DIR/none.tgz -C OUT",
        "-xf DIR/none.tar -C OUT",
        "-xzf DIR/whole.tgz -C DIR/none",
        "-xzf",
    ]
    .iter()
    .enumerate()
    {
        let out = format!("{path}/out{at}");
        let tar = tar.replace("DIR", &path).replace("OUT", &out);
        let script = format!("mkdir {out}; tar {tar}");
        let (ours, theirs) = (said(&machine, &script, "").await, real(&script));
        if ours != theirs {
            wrong.push(format!("{tar}\n  ours: {ours:?}\n  GNU:  {theirs:?}"));
        }
        let theirs = real(&format!("cd {out}; find -type f | sort"));
        // How much of a half file GNU tar writes depends on gzip's pieces.
        let whole = |name: &&str| !(tar.contains("short.tgz") && name.ends_with("two"));
        for name in theirs.1.lines().filter(whole) {
            let look = format!("cd {out}; stat -c %a {name}; sha256sum {name}");
            let (ours, theirs) = (said(&machine, &look, "").await, real(&look));
            if ours != theirs {
                wrong.push(format!(
                    "{tar}: {name}\n  ours: {ours:?}\n  GNU:  {theirs:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let link = "cd DIR; mkdir l; ln -s /nowhere l/s; tar -cf l.tar l".replace("DIR", &path);
    assert_eq!(real(&link).0, 0);
    let bytes = std::fs::read(dir.path().join("l.tar")).unwrap();
    machine.files(|files| files.place("/work/l.tar", &bytes));
    let impossible = "tar: l/s: Cannot create symlink to '/nowhere': Function not implemented\n\
                      tar: Exiting with failure status due to previous errors\n";
    assert_eq!(
        said(&machine, "cd /work; tar xf l.tar", "").await,
        (2, String::new(), impossible.to_owned())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn cores_quoting_is_read_back(
        arguments in proptest::collection::vec("[^\0]{0,24}", 0..4)
    ) {
        let mut argv = vec!["printf".to_owned(), "<%s>".to_owned(), "first".to_owned()];
        argv.extend(arguments.clone());
        let line = CommandLine::new(argv).to_string();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let out = runtime.block_on(run(&machine(), &line, Stdin::bytes([])));
        let mut expected = String::from("<first>");
        for argument in &arguments {
            expected.push_str(&format!("<{argument}>"));
        }
        prop_assert_eq!(String::from_utf8(out.stdout).unwrap(), expected);
    }

    #[test]
    fn no_text_makes_the_shell_panic(script in "\\PC{0,60}") {
        let _ = parse::parse(&script);
    }
}

#[tokio::test]
async fn errors_are_said_as_on_a_real_machine() {
    let machine = machine();
    let cases = [
        ("cat /no", 1, "cat: /no: No such file or directory\n"),
        ("rm /etc", 1, "rm: cannot remove '/etc': Is a directory\n"),
        ("nosuch", 127, "bash: line 1: nosuch: command not found\n"),
        (
            "echo x > /no/x",
            1,
            "bash: line 1: /no/x: No such file or directory\n",
        ),
        ("df /no", 1, "df: /no: No such file or directory\n"),
    ];
    for (script, exit, stderr) in cases {
        assert_eq!(
            said(&machine, script, "").await,
            (exit, String::new(), stderr.to_owned())
        );
    }
    machine.files(|files| files.full = true);
    let full = said(&machine, "echo x | tee /etc/x", "").await;
    assert_eq!(
        (full.0, full.2.as_str()),
        (1, "tee: /etc/x: No space left on device\n")
    );
    let full = said(&machine, "echo x > /etc/x", "").await;
    assert_eq!(
        (full.0, full.2.as_str()),
        (1, "write error: No space left on device\n")
    );
}

#[tokio::test]
async fn machines_answer_for_themselves() {
    let machine = machine();
    let out = async |script: &str| said(&machine, script, "").await.1;
    assert_eq!(out("cat /proc/uptime").await, "12.34 5.00\n");
    assert_eq!(out("hostname; uname -m").await, "plain\naarch64\n");
    assert_eq!(out("date -u +%s").await, "1788249600\n");
    assert_eq!(
        out("date -u '+%Y-%m-%d %H:%M:%S'").await,
        "2026-09-01 08:00:00\n"
    );
    assert_eq!(
        out("df -B1 / | tail -n 1").await,
        "/dev/lab 8192 4096 4096 50% /\n"
    );
    assert_eq!(out("df --output=avail -B1 /").await, "Avail\n4096\n");
    assert_eq!(out("ls -l /work /etc | wc -l").await, "0\n");
    assert!(
        said(&machine, "date -s @5", "")
            .await
            .2
            .contains("cannot set date")
    );
}

/// Who never closes the input must not stop a command that does not read it.
#[tokio::test]
async fn input_is_read_only_by_who_reads_it() {
    let machine = machine();
    let (keep, pieces) = tokio::sync::mpsc::unbounded_channel();
    keep.send(b"abc".to_vec()).unwrap();
    let out = run(&machine, "echo done", Stdin::channel(pieces)).await;
    assert_eq!(out.stdout, b"done\n");
    drop(keep);
}
