package hash

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // for hashes made elsewhere
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	stdhash "hash"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// number reads an integer from 1 to 2^31-1, written as a machine does.
func number(text string) (int, bool) {
	n, err := strconv.ParseInt(text, 10, 32)
	return int(n), err == nil && n > 0 && strconv.FormatInt(n, 10) == text
}

// named reads parameters such as m=64,t=1 in their order.
func named(text string, names ...string) (values []string, ok bool) {
	parts := strings.Split(text, ",")
	if len(parts) != len(names) {
		return nil, false
	}
	for i, name := range names {
		value, has := strings.CutPrefix(parts[i], name+"=")
		if !has {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}

// unbase reads base64 with or without padding, of the alphabet of URLs too.
func unbase(text string) ([]byte, error) {
	text = strings.TrimRight(text, "=")
	return base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(text))
}

// saltAndSum reads two parts in base64.
func saltAndSum(a, b string) (salt, sum []byte, err error) {
	salt, errSalt := unbase(a)
	sum, errSum := unbase(b)
	if errSalt != nil || errSum != nil {
		return nil, nil, errParts
	}
	return salt, sum, sized(salt, sum)
}

// parseArgon reads v=19$m=19456,t=2,p=1$salt$sum.
func parseArgon(variant, rest string) (Hash, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 4 || parts[0] != "v=19" {
		return Hash{}, errParts
	}
	values, ok := named(parts[1], "m", "t", "p")
	if !ok {
		return Hash{}, errParts
	}
	memory, okMemory := number(values[0])
	passes, okPasses := number(values[1])
	lanes, okLanes := number(values[2])
	salt, sum, err := saltAndSum(parts[2], parts[3])
	switch {
	case !okMemory || !okPasses || !okLanes:
		return Hash{}, errParts
	case err != nil:
		return Hash{}, err
	case memory > maxMemory || passes > maxArgon || memory*passes > maxArgon || lanes > maxLanes || max(memory, 8*lanes)*passes > maxArgon:
		return Hash{}, errCost
	}
	key := argon2.IDKey
	if variant == "argon2i" {
		key = argon2.Key
	}
	return Hash{variant, parts[1] + " " + strconv.Itoa(len(sum)), func(password string) bool {
		return equal(key([]byte(password), salt, uint32(passes), uint32(memory), uint8(lanes), uint32(len(sum))), sum)
	}}, nil
}

// parseBcrypt reads 10$ and 53 characters.
func parseBcrypt(prefix string) func(string) (Hash, error) {
	return func(rest string) (Hash, error) {
		stored := []byte(prefix + rest)
		cost, err := bcrypt.Cost(stored)
		if err != nil || len(stored) != 60 {
			return Hash{}, errParts
		}
		if cost > maxCost {
			return Hash{}, errCost
		}
		return Hash{"bcrypt", strconv.Itoa(cost), func(password string) bool {
			// bcrypt uses 72 bytes, and the library refuses more.
			return bcrypt.CompareHashAndPassword(stored, []byte(password[:min(len(password), 72)])) == nil
		}}, nil
	}
}

// anyBcrypt reads a whole hash of bcrypt.
func anyBcrypt(stored string) (Hash, error) {
	for _, prefix := range []string{"$2a$", "$2b$", "$2y$"} {
		if rest, ok := strings.CutPrefix(stored, prefix); ok {
			return parseBcrypt(prefix)(rest)
		}
	}
	return Hash{}, errParts
}

// parseDjangoBcrypt reads bcrypt of the SHA-256 in hexadecimal.
func parseDjangoBcrypt(rest string) (Hash, error) {
	h, err := anyBcrypt(rest)
	if err != nil {
		return Hash{}, err
	}
	return Hash{"bcrypt_sha256", h.Parameters, func(password string) bool {
		sum := sha256.Sum256([]byte(password))
		return h.Matches(hex.EncodeToString(sum[:]))
	}}, nil
}

// derive makes a hash of scrypt. Compare gets the result, as long as the sum unless length says otherwise.
func derive(form string, n, r, p int, salt []byte, length int, compare func(key []byte) bool) (Hash, error) {
	if n < 2 || n&(n-1) != 0 {
		return Hash{}, errParts
	}
	if n > maxScrypt || r > maxScrypt || p > maxScrypt || n*r > maxMemory*1024/128 || n*r*p > maxScrypt || r*p >= 1<<16 {
		return Hash{}, errCost
	}
	return Hash{form, strconv.Itoa(n), func(password string) bool {
		key, err := scrypt.Key([]byte(password), salt, n, r, p, length)
		return err == nil && compare(key)
	}}, nil
}

// parseScrypt reads ln=16,r=8,p=1$salt$sum, as PHC and Passlib write it.
func parseScrypt(rest string) (Hash, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 {
		return Hash{}, errParts
	}
	values, ok := named(parts[0], "ln", "r", "p")
	if !ok {
		return Hash{}, errParts
	}
	bits, ok1 := number(values[0])
	r, ok2 := number(values[1])
	p, ok3 := number(values[2])
	salt, sum, err := saltAndSum(parts[1], parts[2])
	if !ok1 || !ok2 || !ok3 || err != nil {
		return Hash{}, errParts
	}
	return derive("scrypt", 1<<min(bits, 30), r, p, salt, len(sum), func(key []byte) bool { return equal(key, sum) })
}

// parseFirebase reads v=1,n=14,r=8,p=1,ss=separator,sk=key$salt$sum: the key of the project, encrypted by what scrypt
// derives from the password.
func parseFirebase(rest string) (Hash, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 {
		return Hash{}, errParts
	}
	values, ok := named(parts[0], "v", "n", "r", "p", "ss", "sk")
	if !ok || values[0] != "1" {
		return Hash{}, errParts
	}
	bits, ok1 := number(values[1])
	r, ok2 := number(values[2])
	p, ok3 := number(values[3])
	separator, err1 := unbase(values[4])
	key, err2 := unbase(values[5])
	salt, sum, err3 := saltAndSum(parts[1], parts[2])
	if !ok1 || !ok2 || !ok3 || err1 != nil || err2 != nil || err3 != nil || len(separator) > maxSalt || len(key) != len(sum) {
		return Hash{}, errParts
	}
	return derive("fbscrypt", 1<<min(bits, 30), r, p, append(salt, separator...), 32, func(derived []byte) bool {
		block, err := aes.NewCipher(derived)
		if err != nil {
			return false
		}
		out := make([]byte, len(key))
		cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(out, key)
		return equal(out, sum)
	})
}

// parseDjangoScrypt reads salt$16384$8$1$sum.
func parseDjangoScrypt(rest string) (Hash, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 5 {
		return Hash{}, errParts
	}
	n, ok1 := number(parts[1])
	r, ok2 := number(parts[2])
	p, ok3 := number(parts[3])
	sum, err := unbase(parts[4])
	if !ok1 || !ok2 || !ok3 || err != nil || sized([]byte(parts[0]), sum) != nil {
		return Hash{}, errParts
	}
	return derive("scrypt", n, r, p, []byte(parts[0]), len(sum), func(key []byte) bool { return equal(key, sum) })
}

// parseWerkzeugScrypt reads 32768:8:1$salt$sum, the sum in hexadecimal.
func parseWerkzeugScrypt(rest string) (Hash, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 {
		return Hash{}, errParts
	}
	costs := strings.Split(parts[0], ":")
	if len(costs) != 3 {
		return Hash{}, errParts
	}
	sum, err := hex.DecodeString(parts[2])
	if err != nil {
		return Hash{}, errParts
	}
	return parseDjangoScrypt(strings.Join([]string{parts[1], costs[0], costs[1], costs[2], base64.StdEncoding.EncodeToString(sum)}, "$"))
}

var digests = map[string]func() stdhash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

// stretch makes a hash of PBKDF2.
func stretch(digest string, iterations int, salt, sum []byte) (Hash, error) {
	h := digests[digest]
	if h == nil {
		return Hash{}, errForm
	}
	if err := sized(salt, sum); err != nil {
		return Hash{}, err
	}
	size := h().Size()
	if blocks := (len(sum) + size - 1) / size; iterations > maxIterations/blocks {
		return Hash{}, errCost
	}
	return Hash{"pbkdf2", digest + " " + strconv.Itoa(iterations), func(password string) bool {
		key, err := pbkdf2.Key(h, password, salt, iterations, len(sum))
		return err == nil && equal(key, sum)
	}}, nil
}

// parseDjango reads 600000$salt$sum.
func parseDjango(digest, rest string) (Hash, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 {
		return Hash{}, errParts
	}
	iterations, ok := number(parts[0])
	sum, err := unbase(parts[2])
	if !ok || err != nil {
		return Hash{}, errParts
	}
	return stretch(digest, iterations, []byte(parts[1]), sum)
}

// parseWerkzeug reads sha256:600000$salt$sum, the sum in hexadecimal.
func parseWerkzeug(rest string) (Hash, error) {
	parts := strings.Split(rest, "$")
	digest, count, ok := strings.Cut(parts[0], ":")
	iterations, isNumber := number(count)
	if len(parts) != 3 || !ok || !isNumber {
		return Hash{}, errParts
	}
	sum, err := hex.DecodeString(parts[2])
	if err != nil {
		return Hash{}, errParts
	}
	return stretch(digest, iterations, []byte(parts[1]), sum)
}

// parsePassword reads -sha256$29000$salt$sum of Passlib, whose base64 has a dot for a plus; without a digest it is SHA-1. PHC
// writes i=29000.
func parsePassword(rest string) (Hash, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 4 {
		return Hash{}, errParts
	}
	digest, ok := strings.CutPrefix(parts[0], "-")
	if !ok {
		digest = "sha1"
	}
	iterations, isNumber := number(strings.TrimPrefix(parts[1], "i="))
	plus := strings.NewReplacer(".", "+")
	salt, sum, err := saltAndSum(plus.Replace(parts[2]), plus.Replace(parts[3]))
	if !isNumber || parts[0] != "" && !ok || err != nil {
		return Hash{}, errParts
	}
	return stretch(digest, iterations, salt, sum)
}

// parseIdentity reads what ASP.NET Identity writes: base64 of a version, in version 3 the digest, the iterations and the
// length of the salt as four bytes each, the salt and the sum.
func parseIdentity(prefix string) func(string) (Hash, error) {
	return func(rest string) (Hash, error) {
		b, err := base64.StdEncoding.DecodeString(prefix + rest)
		if err != nil || len(b) == 0 {
			return Hash{}, errForm
		}
		if b[0] == 0 && len(b) == 1+16+32 {
			return stretch("sha1", 1000, b[1:17], b[17:])
		}
		if b[0] != 1 || len(b) < 13 {
			return Hash{}, errForm
		}
		which, iterations, length := binary.BigEndian.Uint32(b[1:]), binary.BigEndian.Uint32(b[5:]), binary.BigEndian.Uint32(b[9:])
		if which > 2 || iterations == 0 || length > uint32(len(b)-13) {
			return Hash{}, errParts
		}
		if iterations > maxIterations {
			return Hash{}, errCost
		}
		b = b[13:]
		return stretch([]string{"sha1", "sha256", "sha512"}[which], int(iterations), b[:length], b[length:])
	}
}
