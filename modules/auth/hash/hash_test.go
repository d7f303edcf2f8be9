package hash_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/basalt-dev/basalt/modules/auth/hash"
)

// made are hashes that other programs have made: Python's hashlib in the forms of Django, Passlib and ASP.NET Identity,
// Werkzeug, and the examples in the documentation of Passlib's and Firebase's scrypt.
var made = map[string]string{
	"pbkdf2_sha256$1000$seasaltseasalt$nFEtiBJrsFKs/zt16fe0xZYOaKEZwkghPKgXrtcV9Hc=":                                                                                       "correct horse",
	"pbkdf2_sha1$1000$seasaltseasalt$paSCM0joC8gG0D5M4AjwihU/LDo=":                                                                                                         "correct horse",
	"scrypt$seasaltseasalt$1024$8$1$mvzvlin6wa8binYh/HyNW4BstN5tfnskx1YOAA6VJCcGzX7bGvj3WEiQLXtm4D9jmkO5stJ3iJc9s3xI/wjzdA==":                                              "correct horse",
	"pbkdf2:sha256:1000$QdXbQGWkSR6CWMC5$bb2c7574ba6d35cc588be3e1e8e68563393715163b0d657cd77834794ce47873":                                                                 "correct horse",
	"pbkdf2:sha512:1000$tmjQ7HLXzsKLWUjz$777898a2baff62e714d69353744687b5e02e03cfff569860fef009ae58fc22e81950fb6cd1e4c5906208f26e5f482abcdc4ca94d947c7ee954e972785bf8d7c3": "correct horse",
	"scrypt:1024:8:1$w4U0FgYxws6M2xWV$bf9fa5e162d5d87eef97c9c3ea90b32c144a6a32981c5be018a988e4e9da52f5481806ec406db9b018d372c960fc9104641a6f2a433b959dd197e5ab9b2e7442":    "correct horse",
	"AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg/lFQcOA1On2wE5YZhLh7q7ntzP9Krf9NCBoM//wxbovw==":                                                                                 "correct horse",
	"AQAAAAIAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg9enHTtaNXHi8Ii+uYFGPy46hVW0aomq1S/YnluGLNJCw==":                                                                                 "correct horse",
	"AAABAgMEBQYHCAkKCwwNDg+d2FbDdriytxO2vgdAVMuIpGVW4BGF6o0NJn8znGUhaQ==":                                                                                                 "correct horse",
	"$pbkdf2-sha256$1000$.Pn6./z9/v8.P0BBQkNERQ$tAxA45iY403ylEVFBQzp86y6y8/MrZifO.HQ/GEJchg":                                                                               "correct horse",
	"$pbkdf2$1000$.Pn6./z9/v8.P0BBQkNERQ$0qMTXGmFnCSB3QjWtvJh2Lc8k4M":                                                                                                      "correct horse",
	"$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E":                                                                             "password",
	"$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$" + firebaseSum:       "user1password",
}

const firebaseSum = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="

// all are hashes of every form, with their passwords.
func all(t *testing.T) map[string]string {
	t.Helper()
	b64 := base64.RawStdEncoding.EncodeToString
	salt := []byte("sixteen bytes ..")
	crypted, err := bcrypt.GenerateFromPassword([]byte("correct horse"), 4)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("correct horse"))
	django, err := bcrypt.GenerateFromPassword([]byte(hex.EncodeToString(sum[:])), 4)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{
		string(crypted):                   "correct horse",
		"bcrypt$" + string(crypted):       "correct horse",
		"bcrypt_sha256$" + string(django): "correct horse",
		"$argon2id$v=19$m=64,t=1,p=2$" + b64(salt) + "$" + b64(argon2.IDKey([]byte("correct horse"), salt, 1, 64, 2, 32)):       "correct horse",
		"argon2$argon2id$v=19$m=64,t=1,p=2$" + b64(salt) + "$" + b64(argon2.IDKey([]byte("correct horse"), salt, 1, 64, 2, 16)): "correct horse",
		"$argon2i$v=19$m=64,t=3,p=1$" + b64(salt) + "$" + b64(argon2.Key([]byte("correct horse"), salt, 3, 64, 1, 32)):          "correct horse",
	}
	for stored, password := range made {
		out[stored] = password
	}
	return out
}

func TestParse_HashesOfOtherPrograms(t *testing.T) {
	t.Parallel()
	for stored, password := range all(t) {
		h, err := hash.Parse(stored)
		if err != nil {
			t.Errorf("%s: %v", stored, err)
			continue
		}
		if !h.Matches(password) {
			t.Errorf("%s is not of %q", stored, password)
		}
		for _, wrong := range []string{"", password + " ", strings.ToUpper(password), password[:len(password)-1]} {
			if h.Matches(wrong) {
				t.Errorf("%s is of %q, too", stored, wrong)
			}
		}
	}
}

// TestParse_WorkIsBounded: an imported hash cannot make a sign-in take a minute or the memory of the machine, and nothing
// is computed before it is refused.
func TestParse_WorkIsBounded(t *testing.T) {
	t.Parallel()
	salt, sum := strings.Repeat("A", 22), strings.Repeat("A", 43)
	hexed := strings.Repeat("ab", 32)
	identity := func(which, iterations, length uint32) string {
		b := binary.BigEndian.AppendUint32([]byte{1}, which)
		b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, iterations), length)
		return base64.StdEncoding.EncodeToString(append(b, make([]byte, 48)...))
	}
	for _, stored := range []string{
		"$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=2097152,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=131072,t=64,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=8,t=2147483647,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=1,t=1000000,p=16$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=1,p=255$" + salt + "$" + sum,
		"$argon2id$v=19$m=-64,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + sum[:8],
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("A", 400),
		"$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + sum,
		"$argon2d$v=19$m=64,t=1,p=1$" + salt + "$" + sum,
		"$2a$31$" + strings.Repeat("a", 53), "$2a$16$" + strings.Repeat("a", 53), "$2a$04$short", "$2x$04$" + strings.Repeat("a", 53),
		"bcrypt$plain", "bcrypt_sha256$plain", "bcrypt$bcrypt$bcrypt$", "bcrypt_sha256$pbkdf2_sha256$1$a$" + sum,
		"$scrypt$ln=30,r=8,p=1$" + salt + "$" + sum, "$scrypt$ln=16,r=1024,p=1$" + salt + "$" + sum, "$scrypt$ln=14,r=8,p=100000$" + salt + "$" + sum,
		"$scrypt$ln=2147483647,r=1,p=1$" + salt + "$" + sum, "$scrypt$ln=1,r=2147483647,p=2147483647$" + salt + "$" + sum, "$scrypt$ln=14,r=8$" + salt + "$" + sum,
		"scrypt$salt$1000$8$1$" + sum, "scrypt$salt$2147483648$8$1$" + sum, "scrypt$salt$16384$8$1", "scrypt:32768:8$salt$" + hexed, "scrypt:1073741824:8:1$salt$" + hexed,
		"pbkdf2_sha256$4000001$salt$" + sum, "pbkdf2_sha256$0$salt$" + sum, "pbkdf2_sha256$-1$salt$" + sum, "pbkdf2_sha256$1000$salt$AAAA", "pbkdf2_sha256$1000$salt",
		"pbkdf2_sha1$3000000$salt$" + sum, "pbkdf2_sha256$1000$" + strings.Repeat("s", 129) + "$" + sum,
		"pbkdf2:md5:1000$salt$" + hexed, "pbkdf2:sha256:99999999999999999999$salt$" + hexed, "pbkdf2:sha256$salt$" + hexed, "pbkdf2:sha256:1000$salt$zz",
		"$pbkdf2-sha256$999999999$" + salt + "$" + sum, "$pbkdf2-md5$1000$" + salt + "$" + sum, "$pbkdf2x$1000$" + salt + "$" + sum,
		"$fbscrypt$v=1,n=30,r=8,p=1,ss=Bw==,sk=" + firebaseSum + "$42xEC+ixf3L2lw==$" + firebaseSum,
		"$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=$42xEC+ixf3L2lw==$" + firebaseSum, "$fbscrypt$v=2,n=14,r=8,p=1,ss=Bw==,sk=AA==$AA==$AA==",
		identity(1, 1<<31, 16), identity(1, 0, 16), identity(3, 1000, 16), identity(1, 1000, 1<<31), identity(1, 1000, 48), identity(1, 1000, 1<<32-1),
		"AQAAAA", "AQAAAAE=", "A", "AAAA", "AQ", "", "plain", "correct horse", "{SHA}AAAA", "$1$salt$sum", "$", "$$$$$$", "$argon2id$", "$2a$", strings.Repeat("A", 2000), strings.Repeat("$2a$", 300),
	} {
		if h, err := hash.Parse(stored); err == nil {
			t.Errorf("%.80s is taken, as %s %s", stored, h.Form, h.Parameters)
		} else if text := err.Error(); len(stored) > 8 && strings.Contains(text, stored) {
			t.Errorf("the error has the hash: %s", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for stored := range made {
		f.Add(stored)
	}
	f.Add("$argon2id$v=19$m=64,t=1,p=2$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, stored string) {
		if h, err := hash.Parse(stored); err == nil && (h.Form == "" || h.Parameters == "") {
			t.Errorf("%q is of no form", stored)
		}
	})
}
