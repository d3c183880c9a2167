package chrome

import "fmt"

// Markup returns 60 texts that would run or become elements if any place of a page took text for markup: ten shapes, each
// in six wrappings that end the context it might stand in. Call is what they would call, "hacked()".
func Markup(call string) (all []string) {
	shapes := []string{
		`<script>` + call + `</script>`,
		`<img src=x onerror=` + call + `>`,
		`<svg onload=` + call + `>`,
		`<iframe src="javascript:parent.` + call + `"></iframe>`,
		`<a href="javascript:` + call + `" autofocus onfocus=` + call + `>x</a>`,
		`<details open ontoggle=` + call + `>`,
		`<style>@import 'javascript:` + call + `';</style>`,
		`<math><mtext></mtext><img src=x onerror=` + call + `></math>`,
		`<template shadowrootmode=open><img src=x onerror=` + call + `></template>`,
		`<meta http-equiv=refresh content="0;url=javascript:` + call + `">`,
	}
	for _, s := range shapes {
		for _, wrap := range []string{"%s", `">%s`, `'>%s`, "</pre></div>%s", "-->%s<!--", `{"</textarea>":"%s"}`} {
			all = append(all, fmt.Sprintf(wrap, s))
		}
	}
	return all
}
