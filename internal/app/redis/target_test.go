package redis

import (
	"slices"
	"strings"
	"testing"
)

// TestURLsOfSentinelAndCluster: addresses, login, name, database and TLS are as written.
func TestURLsOfSentinelAndCluster(t *testing.T) {
	for text, want := range map[string]struct {
		addrs                []string
		name, user, password string
		sentinelPassword     string
		db                   int
		cluster, tls         bool
	}{
		"redis+cluster://h:1,[::1]:2,c":             {addrs: []string{"h:1", "[::1]:2", "c:6379"}, cluster: true},
		"rediss+cluster://u:p%40%2C%2Fss@h:1":       {addrs: []string{"h:1"}, user: "u", password: "p@,/ss", cluster: true, tls: true},
		"redis+cluster://h:1/0":                     {addrs: []string{"h:1"}, cluster: true},
		"redis+sentinel://:p@a,b:2/main":            {addrs: []string{"a:26379", "b:2"}, name: "main", password: "p"},
		"rediss+sentinel://a/my%20main/3":           {addrs: []string{"a:26379"}, name: "my main", db: 3, tls: true},
		"redis+sentinel://a/m?sentinel_password=s1": {addrs: []string{"a:26379"}, name: "m", sentinelPassword: "s1"},
	} {
		o, err := parseURL(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		m := o.many
		if !slices.Equal(m.Addrs, want.addrs) || m.MasterName != want.name || m.Username != want.user || m.Password != want.password ||
			m.SentinelPassword != want.sentinelPassword || m.DB != want.db || m.IsClusterMode != want.cluster || (m.TLSConfig != nil) != want.tls {
			t.Errorf("%s: %+v", text, m)
		}
		if want.password != "" && strings.Contains(o.String(), want.password) {
			t.Errorf("%s shows the password", o)
		}
	}
}

// TestBadURLsAreRefused: with what is wrong and how to write it, and without the password.
func TestBadURLsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"redis+cluster://:hunter2@":                             "an address is not host:port",
		"redis+cluster://:hunter2@h:1,":                         "an address is not host:port",
		"redis+cluster://:hunter2@h:x":                          "an address is not host:port",
		"redis+cluster://:hunter2@h:0":                          "from 1 to 65535",
		"redis+cluster://:hunter2@h:70000":                      "from 1 to 65535",
		"redis+cluster://:hunter2@h/2":                          "one database",
		"redis+cluster://:hunter2@h?x=1":                        "nothing may follow the ?",
		"redis+cluster://:hunter2%@h":                           "percent-encoded",
		"redis+cluster://:hunter2@h" + strings.Repeat(",h", 64): "64 is the most",
		"redis+sentinel://:hunter2@h":                           "the name is missing",
		"redis+sentinel://:hunter2@h/":                          "the name is missing",
		"redis+sentinel://:hunter2@h/m/x":                       "the database is not a number",
		"redis+sentinel://:hunter2@h/m/1/2":                     "the database is not a number",
		"redis+sentinel://:hunter2@h/m?password=hunter2":        "only sentinel_username and sentinel_password",
		"redis+other://:hunter2@h":                              "write redis://user",
		"sentinel://:hunter2@h/m":                               "write redis://user",
	} {
		_, err := parseURL(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), usage) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzURL: no URL makes the parser fail otherwise than by an error, and what it accepts has an address.
func FuzzURL(f *testing.F) {
	f.Add("redis+sentinel://u:p@a:1,b:2/name/0?sentinel_password=x")
	f.Add("rediss+cluster://u:p@[::1]:1,b:2")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := parseURL(text)
		if err == nil && o.many != nil && len(o.many.Addrs) == 0 {
			t.Error("no address")
		}
	})
}
