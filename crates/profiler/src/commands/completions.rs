//! `mprof-rs completions`: what a shell needs to complete our command lines.

use anyhow::Result;
use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;

use crate::cli::{Cli, CompletionsArgs};
use crate::console;
use crate::exit::Exit;
use crate::manner::Manner;

/// Completes for the name that it is called by: whoever has an `mprof` of ours wants it for that.
pub(super) fn execute(args: &CompletionsArgs, manner: Manner) -> Result<Exit> {
    let name = match manner {
        Manner::Own => "mprof-rs",
        Manner::Mprof => "mprof",
    };
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), name, &mut script);
    let mut script = String::from_utf8(script)?;
    match args.shell {
        Shell::Bash => script = bash(&script, name),
        Shell::Fish => script.push_str(&fish(name)),
        Shell::Zsh => script = zsh(&script),
        _ => {}
    }
    console::print(script.as_bytes())?;
    Ok(Exit::Success)
}

/// clap_complete's script for bash, which offers flags where files and commands are meant. Where it offers nothing, bash
/// offers files.
fn bash(script: &str, name: &str) -> String {
    let mut script = script
        // clap_complete 4.6 spells a name with a hyphen in two ways, so that no verb would find its flags.
        .replace("mprof__subcmd__rs", "mprof__rs")
        .replace(" || ${COMP_CWORD} -eq 2 ]]", " ]]")
        .replace(FLAGS_AT_THE_END, WORDS_AT_THE_END);
    for verb in ["run", "phase"] {
        let label = format!("        {}__subcmd__{verb})\n", name.replace('-', "__"));
        if let Some((before, after)) = script.split_once(&label) {
            let commands = BASH_COMMANDS.replace("VERB", verb).replace("VALUED", &with_value(verb));
            let commands = format!("{WORDS_AT_THE_END}{commands}");
            script = format!("{before}{label}{}", after.replacen(WORDS_AT_THE_END, &commands, 1));
        }
    }
    script
}

const FLAGS_AT_THE_END: &str = "\n            COMPREPLY=( $(compgen -W \"${opts}\" -- \"${cur}\") )\n";
const WORDS_AT_THE_END: &str =
    "\n            COMPREPLY=( $(compgen -W \"${opts}\" -X '-*' -- \"${cur}\") )\n";

/// The flags of a verb that have a value in the word behind them, with a blank around each.
fn with_value(verb: &str) -> String {
    let table = Cli::command();
    let flags = table.find_subcommand(verb).into_iter().flat_map(clap::Command::get_opts);
    let flags = flags.filter(|flag| flag.get_action().takes_values());
    let names = flags.flat_map(|flag| {
        let short = flag.get_short().map(|short| format!("-{short} "));
        let long = flag.get_long().map(|long| format!("--{long} "));
        short.into_iter().chain(long)
    });
    format!(" {}", names.collect::<String>())
}

/// The program is what comes behind the verb, a flag or its value: what is offered for a value was so further up.
const BASH_COMMANDS: &str = r#"            if [[ ( ${prev} == VERB || ${prev} == -* || "VALUED" == *" ${COMP_WORDS[COMP_CWORD-2]} "* ) && -n ${cur} && ${cur} != */* ]] ; then
                COMPREPLY=( $(compgen -c -f -- "${cur}" | sort -u) )
            fi
"#;

/// clap_complete's script for zsh, in which the words of a command are completed as those of any other: three colons
/// leave nothing of ours among them.
fn zsh(script: &str) -> String {
    let in_line = |line: &str| match line.strip_prefix("'*::command ") {
        Some(rest) => format!("'*:::command {}\n", rest.replace(":_default'", ":_normal'")),
        None => format!("{line}\n"),
    };
    script.lines().map(in_line).collect()
}

/// What clap_complete leaves out for fish: it has no values but those of flags. The program is told as in bash.
fn fish(name: &str) -> String {
    let is_in = format!("__fish_{}_using_subcommand", name.replace('-', "_"));
    let is_program = format!(
        "begin; string match -qr '^(run|-.*)\\$' -- (commandline -opc)[-1]; \
         or contains -- (commandline -opc)[-2]{}; end",
        with_value("run")
    );
    let shells: Vec<String> = Shell::value_variants().iter().map(ToString::to_string).collect();
    format!(
        "complete -c {name} -n \"{is_in} run phase; and {is_program}\" -a \"(__fish_complete_command)\"\n\
         complete -c {name} -n \"{is_in} completions\" -f -a \"{}\"\n",
        shells.join(" ")
    )
}
