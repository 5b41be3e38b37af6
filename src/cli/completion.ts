/**
 * `trilite completion SHELL` prints a script for a shell. The scripts are thin: at each Tab they hand over the line and get candidates, so
 * that what is completed is always what this program takes.
 */

import { ConfigError } from '../config/config-error.ts';
import { COMPLETION_USAGE, SHELLS } from './completion-usage.ts';
import { type Output, processOutput } from './output.ts';

/** The first line of the answer is the word that is completed, a last line of \`:files\` asks for the names of files. */
const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# trilite completion for bash
_trilite() {
  local typed=\${COMP_WORDS[COMP_CWORD]} whole line before candidate
  local IFS=$'\\n'
  local -a lines
  mapfile -t lines < <("\${COMP_WORDS[0]}" completion words "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  COMPREPLY=()
  [ \${#lines[@]} -gt 0 ] || return 0
  whole=\${lines[0]}
  typed=\${typed#[\\'\\"]}
  [ "$typed" = '=' ] && typed=
  # The shell breaks words where this program does not: at = and :.
  before=\${whole%"$typed"}
  for line in "\${lines[@]:1}"; do
    if [ "$line" = ':files' ]; then
      compopt -o filenames 2>/dev/null
      COMPREPLY+=($(compgen -f -- "$typed"))
    else
      candidate=\${line%%$'\\t'*}
      case $candidate in *[={\\"]) compopt -o nospace 2>/dev/null ;; esac
      COMPREPLY+=("\${candidate#"$before"}")
    fi
  done
}
complete -F _trilite trilite
`,
  zsh: `#compdef trilite
# trilite completion for zsh
_trilite() {
  local line candidate text
  local -a lines candidates texts open
  lines=("\${(@f)$(\${words[1]} completion words "$LBUFFER" 2>/dev/null)}")
  for line in "\${(@)lines[2,-1]}"; do
    if [[ $line == ':files' ]]; then
      _files
      continue
    fi
    candidate=\${line%%$'\\t'*}
    text=\${line#*$'\\t'}
    if [[ $candidate == *[=\\{\\"] ]]; then
      open+=("$candidate")
    elif [[ -n $candidate ]]; then
      candidates+=("$candidate")
      if [[ -n $text && $text != $candidate ]]; then
        texts+=("$candidate -- $text")
      else
        texts+=("$candidate")
      fi
    fi
  done
  (( \${#open} )) && compadd -S '' -a open
  (( \${#candidates} )) && compadd -l -d texts -a candidates
  return 0
}
compdef _trilite trilite
`,
  fish: `# trilite completion for fish
function __trilite_complete
    set -l program (commandline -opc)[1]
    set -l lines ($program completion words (commandline -cp | string collect) 2>/dev/null)
    for line in $lines[2..-1]
        if test "$line" = ':files'
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c trilite -f -a '(__trilite_complete)'
`,
};

/** Resolves with the exit code. Throws `ConfigError` for a shell that is not known. */
export async function completionCommand(
  argv: readonly string[],
  output: Output = processOutput,
): Promise<number> {
  const [shell, line] = argv;
  // What the scripts call.
  if (shell === 'words' && line !== undefined) {
    const { completeLine } = await import('./completion-words.ts');
    for (const text of await completeLine(line)) output.out(text);
    return 0;
  }
  if (argv.includes('--help') || argv.includes('-h')) {
    output.out(COMPLETION_USAGE.trimEnd());
    return 0;
  }
  const known = SHELLS.find((name) => name === shell);
  if (known === undefined || line !== undefined) {
    const unknown = argv.find((word) => word.startsWith('-'));
    const what = unknown ? `Unknown option '${unknown}'` : `a shell is named: ${SHELLS.join(', ')}`;
    throw new ConfigError(`${what}; see trilite completion --help`);
  }
  output.out(SCRIPTS[known].trimEnd());
  return 0;
}
