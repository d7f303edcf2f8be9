package token

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/basalt-dev/basalt/modules/query"
)

var parser = jwt.NewParser(jwt.WithoutClaimsValidation())

var errAlgorithm = Refused("algorithm", "the token is signed by an algorithm that is not accepted")

// decodeToken parses a token without verifying it. Integers in its claims stay exact.
func decodeToken(token string) (map[string]any, *jwt.Token, error) {
	parsed, parts, err := parser.ParseUnverified(token, jwt.MapClaims{})
	if err != nil || parsed == nil || parsed.Method == nil {
		if parsed != nil && parsed.Header["alg"] != nil {
			return nil, nil, errAlgorithm
		}
		return nil, nil, errMalformed
	}
	if parsed.Header["crit"] != nil { // RFC 7515, 4.1.11: no critical header is supported
		return nil, nil, errMalformed
	}
	if parsed.Signature, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return nil, nil, errMalformed
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, nil, errMalformed
	}
	value, err := query.ParseJSON(payload, 32)
	if err != nil {
		return nil, nil, errMalformed
	}
	claims, ok := value.Any().(map[string]any)
	if !ok {
		return nil, nil, errMalformed
	}
	if sub := claims["sub"]; sub != nil {
		if _, ok := sub.(string); !ok { // RFC 7519; rules compare it with strings
			return nil, nil, errMalformed
		}
	}
	parsed.Raw = token
	return claims, parsed, nil
}

// signedBy reports whether a token has the signature of one of the keys.
func signedBy(token *jwt.Token, keys []any) bool {
	text := token.Raw[:strings.LastIndexByte(token.Raw, '.')]
	return slices.ContainsFunc(keys, func(key any) bool { return token.Method.Verify(text, token.Signature, key) == nil })
}

// isFor reports whether a claim `aud`, a string or a list of strings, contains one of the audiences.
func isFor(claim any, audiences []string) bool {
	switch claim := claim.(type) {
	case string:
		return claim != "" && slices.Contains(audiences, claim)
	case []any:
		return slices.ContainsFunc(claim, func(one any) bool { return isFor(one, audiences) })
	}
	return false
}

func seconds(v any) (time.Time, bool) {
	switch v := v.(type) {
	case int64:
		return time.Unix(v, 0), true
	case float64:
		return time.Unix(int64(v), 0), true
	}
	return time.Time{}, false
}
