class Tetherscope < Formula
  desc "Debugger for WebSocket connections: proxy, panel and commands"
  homepage "{{.Homepage}}"
  version "{{.Version}}"
  license "MIT"
{{range $system, $archives := .Archives}}
  on_{{$system}} do
{{- range $processor, $archive := $archives}}
    on_{{$processor}} do
      url "{{$archive.URL}}"
      sha256 "{{$archive.Sum}}"
    end
{{- end}}
  end
{{end}}
  def install
    bin.install "tetherscope"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/tetherscope.bash" => "tetherscope"
    zsh_completion.install "completions/_tetherscope"
    fish_completion.install "completions/tetherscope.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/tetherscope version")
  end
end
