/** The command line of `trilite completion`. */

/** Shells that a script is made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const COMPLETION_OPTIONS = { help: { type: 'boolean', short: 'h' } } as const;

export const COMPLETION_USAGE = `Usage: trilite completion bash|zsh|fish

Prints a script that has the shell complete commands, flags and their values, files; and in queries names of metrics and labels and
their values, which a running server is asked for (at --url or TRILITE_ADDR; where none answers within a second there are none).

  source <(trilite completion bash)                    # in ~/.bashrc
  source <(trilite completion zsh)                     # in ~/.zshrc, after compinit
  trilite completion fish | source                     # in ~/.config/fish/config.fish
  trilite completion bash > /etc/bash_completion.d/trilite

  --help

Exit code 0, or 2 for another shell.
`;
