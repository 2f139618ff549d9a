//! The names of environment variables that make other programs run code.
//!
//! Whoever may add a key to a set must not thereby run code on every machine that uses the set. So
//! these names are passed on only when the person at the keyboard asks for each one. No such list
//! is ever complete; this one holds what common programs read without being told to.

use super::glob::{Case, glob};

/// The variable that holds an identity itself.
pub const IDENTITY_TEXT: &str = "VAULT_IDENTITY";

/// The variable that names a file with an identity.
pub const IDENTITY_FILE: &str = "VAULT_IDENTITY_FILE";

/// The variable with a command that prints an identity.
pub const IDENTITY_COMMAND: &str = "VAULT_IDENTITY_COMMAND";

/// vault's own variables that hold an identity, or say where one is. No command inherits them.
pub const IDENTITY_VARIABLES: [&str; 3] = [IDENTITY_TEXT, IDENTITY_FILE, IDENTITY_COMMAND];

/// Whether a variable of this name makes programs run code, and so is refused as the name of a
/// set's key. On Windows `path` and `PATH` are one variable.
///
/// ```
/// use vault::model::is_refused_env;
/// assert!(is_refused_env("LD_PRELOAD"));
/// assert!(!is_refused_env("DATABASE_URL"));
/// ```
pub fn is_refused_env(name: &str) -> bool {
    is_refused(name, if cfg!(windows) { Case::Ignored } else { Case::Matters })
}

/// Every row of the table, for a person to read: a name, or a pattern in which `*` stands for any
/// run of characters.
pub fn refused_env_names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|family| family.iter().copied())
}

fn is_refused(name: &str, case: Case) -> bool {
    let Some(first) = name.bytes().next() else { return false };
    // No row begins with `*`, so the first letter rules out nearly all, and a set may have
    // thousands of keys to ask about.
    let begins = |row: &str| row.bytes().next().is_some_and(|b| b.eq_ignore_ascii_case(&first));
    refused_env_names().any(|row| {
        let case = if ANY_CASE.contains(&row) { Case::Ignored } else { case };
        begins(row) && glob(row, name, case)
    })
}

/// npm reads what matches `/^npm_config_/i`. A person looks for either spelling.
const ANY_CASE: [&str; 2] = ["npm_config_*", "NPM_CONFIG_*"];

const FAMILIES: [&[&str]; 9] = [
    // Shells, and much besides: where commands and start files are looked for, how a line falls
    // into words, what is run before a script, a prompt or a traced line, functions that stand in
    // front of commands.
    &[
        "PATH",
        "HOME",
        "SHELL",
        "TMPDIR",
        "IFS",
        "ENV",
        "PS4",
        "CDPATH",
        "FPATH",
        "ZDOTDIR",
        "PROMPT_COMMAND",
        "SHELLOPTS",
        "BASHOPTS",
        "BASH_ENV",
        "BASH_FUNC_*",
    ],
    // The dynamic loader and the C library: what is loaded into every program that starts.
    &["LD_*", "DYLD_*", "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH"],
    // TLS: modules loaded into each user of the library, keys written to a file, checks left out.
    &[
        "OPENSSL_CONF",
        "OPENSSL_MODULES",
        "OPENSSL_ENGINES",
        "SSLKEYLOGFILE",
        "NODE_TLS_REJECT_UNAUTHORIZED",
    ],
    // Interpreters of scripts: code run at the start, and where modules come from.
    &[
        "NODE_OPTIONS",
        "NODE_PATH",
        "PYTHONSTARTUP",
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONUSERBASE",
        "PYTHONBREAKPOINT",
        "PYTHONWARNINGS",
        "PYTHONINSPECT",
        "PERL5OPT",
        "PERL5LIB",
        "PERL5DB",
        "PERLLIB",
        "RUBYOPT",
        "RUBYLIB",
        "GEM_HOME",
        "GEM_PATH",
        "BUNDLE_GEMFILE",
        "PHPRC",
        "PHP_INI_SCAN_DIR",
        "LUA_INIT*",
        "R_PROFILE*",
    ],
    // Virtual machines: agents, profilers and classes loaded before the program.
    &[
        "JAVA_TOOL_OPTIONS",
        "_JAVA_OPTIONS",
        "JDK_JAVA_OPTIONS",
        "CLASSPATH",
        "DOTNET_STARTUP_HOOKS",
        "CORECLR_*",
        "COR_*",
        "ERL_*FLAGS",
    ],
    // Build tools: options and wrappers that name a program to run.
    &["MAVEN_OPTS", "GRADLE_OPTS", "RUSTC_WRAPPER", "MAKEFLAGS", "npm_config_*", "NPM_CONFIG_*"],
    // git: settings, among them aliases and hooks, and the commands it starts.
    &[
        "GIT_CONFIG*",
        "GIT_SSH*",
        "GIT_ASKPASS",
        "GIT_EDITOR",
        "GIT_SEQUENCE_EDITOR",
        "GIT_PAGER",
        "GIT_EXEC_PATH",
        "GIT_PROXY_COMMAND",
        "GIT_EXTERNAL_DIFF",
    ],
    // Programs that others start on a person's behalf, folders with settings that name programs,
    // and on Windows which files are commands.
    &[
        "EDITOR",
        "VISUAL",
        "PAGER",
        "BROWSER",
        "LESSOPEN",
        "LESSCLOSE",
        "SSH_ASKPASS",
        "SUDO_ASKPASS",
        "XDG_*_HOME",
        "COMSPEC",
        "PATHEXT",
        "PSModulePath",
    ],
    // vault itself: which identity it uses, what it runs to get one, whose vault it opens.
    &[IDENTITY_TEXT, IDENTITY_FILE, IDENTITY_COMMAND, "VAULT_DIR"],
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The list as the command line's contract has it.
    const CONTRACT: &str = "
        PATH HOME SHELL TMPDIR IFS ENV PS4 CDPATH FPATH ZDOTDIR PROMPT_COMMAND SHELLOPTS BASHOPTS
        BASH_ENV BASH_FUNC_* · LD_* DYLD_* GLIBC_TUNABLES GCONV_PATH LOCPATH · OPENSSL_CONF
        OPENSSL_MODULES OPENSSL_ENGINES SSLKEYLOGFILE NODE_TLS_REJECT_UNAUTHORIZED ·
        NODE_OPTIONS NODE_PATH
        PYTHON{STARTUP,PATH,HOME,USERBASE,BREAKPOINT,WARNINGS,INSPECT} PERL5OPT PERL5LIB PERL5DB
        PERLLIB RUBYOPT RUBYLIB GEM_HOME GEM_PATH BUNDLE_GEMFILE JAVA_TOOL_OPTIONS _JAVA_OPTIONS
        JDK_JAVA_OPTIONS CLASSPATH MAVEN_OPTS GRADLE_OPTS
        DOTNET_STARTUP_HOOKS CORECLR_* COR_* PHPRC PHP_INI_SCAN_DIR LUA_INIT* ERL_*FLAGS R_PROFILE*
        RUSTC_WRAPPER MAKEFLAGS npm_config_* NPM_CONFIG_* · GIT_CONFIG* GIT_SSH* GIT_ASKPASS GIT_EDITOR
        GIT_SEQUENCE_EDITOR GIT_PAGER GIT_EXEC_PATH GIT_PROXY_COMMAND GIT_EXTERNAL_DIFF ·
        EDITOR VISUAL PAGER BROWSER LESSOPEN LESSCLOSE SSH_ASKPASS SUDO_ASKPASS XDG_*_HOME COMSPEC
        PATHEXT PSModulePath · VAULT_IDENTITY VAULT_IDENTITY_FILE VAULT_IDENTITY_COMMAND VAULT_DIR";

    fn contract() -> Vec<String> {
        let words = CONTRACT.split_whitespace().filter(|word| *word != "·");
        let expanded = words.flat_map(|word| match word.split_once('{') {
            None => vec![word.to_owned()],
            Some((stem, ends)) => {
                let ends = ends.trim_end_matches('}').split(',');
                ends.map(|end| format!("{stem}{end}")).collect()
            }
        });
        expanded.collect()
    }

    #[test]
    fn the_table_is_the_contract_no_row_more_and_none_less() {
        let rows: Vec<_> = refused_env_names().map(str::to_owned).collect();
        let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
        assert_eq!(set(&rows), set(&contract()));
        assert_eq!(rows.len(), set(&rows).len(), "a row stands twice");
        assert!(rows.iter().all(|row| !row.starts_with('*')), "the first letter is looked at");
    }

    #[test]
    fn every_listed_name_and_whatever_stands_for_a_star_is_refused() {
        for row in contract() {
            for run in ["", "X", "ls%%", "A_B"] {
                let name = row.replace('*', run);
                assert!(is_refused_env(&name), "{name}");
            }
        }
        for name in ["GIT_SSH_COMMAND", "GIT_CONFIG_COUNT", "LD_PRELOAD", "BASH_FUNC_ls%%"] {
            assert!(is_refused_env(name), "{name}");
        }
        assert!(IDENTITY_VARIABLES.into_iter().all(is_refused_env));
    }

    #[test]
    fn names_that_only_resemble_listed_ones_are_not_refused() {
        for name in [
            "FOO",
            "DATABASE_URL",
            "PATHX",
            "XPATH",
            "EDITORIAL",
            "LD",
            "GIT_TOKEN",
            "VAULT_TOKEN",
            "VAULT_ADDR",
            "XDG_RUNTIME_DIR",
            "",
        ] {
            assert!(!is_refused_env(name), "{name}");
        }
    }

    #[test]
    fn case_matters_except_on_windows() {
        assert!(is_refused("Path", Case::Ignored) && is_refused("psmodulepath", Case::Ignored));
        assert!(!is_refused("Path", Case::Matters));
        assert_eq!(is_refused_env("Path"), cfg!(windows));
        // npm itself takes them in any case, everywhere.
        assert!(is_refused("Npm_Config_node_options", Case::Matters));
        assert!(!is_refused("NPM_TOKEN", Case::Matters));
    }
}
