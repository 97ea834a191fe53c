package panes

import (
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/orrery-sim/orrery/sim"
	"github.com/orrery-sim/orrery/telemetry"
)

// Limits on what is shown of a value: it may hold a megabyte, or itself.
const (
	inspectDeepest = 6
	inspectMost    = 40  // elements of a list, or fields
	inspectText    = 200 // characters of a text
)

// inspectBrief is a message in a line of about so many characters.
func inspectBrief(body any, most int) string {
	var text string
	switch b := body.(type) {
	case nil:
		return "nothing"
	case error:
		text = "error: " + b.Error()
	case fmt.Stringer:
		text = b.String()
	case []sim.Field:
		var list []string
		for _, f := range b {
			list = append(list, f.Name+" "+f.Value)
		}
		text = strings.Join(list, ", ")
	default:
		v := reflect.ValueOf(body)
		text = inspectInline(v, inspectDeepest)
		if s := inspectStruct(v); s.IsValid() {
			text = strings.TrimSuffix(telemetry.TypeName(body)+" "+strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}"), " ")
		}
	}
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// inspectStruct is the struct that a value is or points to.
func inspectStruct(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return v
}

// inspectInline renders a value in a line. Fields that are zero are left out.
func inspectInline(v reflect.Value, deep int) string {
	if text, ok := inspectLeaf(v); ok {
		return text
	}
	if deep == 0 {
		return "…"
	}
	var list []string
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return inspectInline(v.Elem(), deep-1)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				list = append(list, inspectWord(v.Type().Field(i).Name)+" "+inspectInline(f, deep-1))
			}
		}
		return "{" + strings.Join(list, ", ") + "}"
	case reflect.Map:
		for _, e := range inspectEntries(v, deep-1) {
			list = append(list, e.name+": "+inspectInline(e.value, deep-1))
		}
		return "{" + strings.Join(list, ", ") + "}"
	}
	for i := range min(v.Len(), inspectMost) {
		list = append(list, inspectInline(v.Index(i), deep-1))
	}
	if v.Len() > inspectMost {
		list = append(list, fmt.Sprintf("… %d more", v.Len()-inspectMost))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// inspectWord is the name of a field as a word: "RejectHint" is "reject hint".
func inspectWord(name string) string {
	var b strings.Builder
	before := 'A'
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return b.String()
}

// inspectLeaf renders what has no parts worth showing; false if it has.
func inspectLeaf(v reflect.Value) (string, bool) {
	if !v.IsValid() {
		return "nothing", true
	}
	if v.CanInterface() && (v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface || !v.IsNil()) {
		switch x := v.Interface().(type) {
		case time.Duration:
			return x.String(), true
		case []byte:
			return inspectBytes(x), true
		case error:
			return x.Error(), true
		case fmt.Stringer:
			if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface {
				return x.String(), true
			}
		}
	}
	switch v.Kind() {
	case reflect.String:
		return inspectQuoted(v.String()), true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(v.Uint(), 10), true
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', 6, 64), true
	case reflect.Complex64, reflect.Complex128:
		return fmt.Sprint(v.Complex()), true
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return v.Type().String(), true
	case reflect.Pointer, reflect.Interface, reflect.Map:
		if v.IsNil() {
			return "nothing", true
		}
		return "", false
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return inspectBytes(v.Bytes()), true
		}
		return "[]", v.Len() == 0
	}
	return "", false
}

// inspectBytes shows bytes as text if they are, or else in hexadecimal.
func inspectBytes(b []byte) string {
	if len(b) == 0 {
		return "[]"
	}
	readable := utf8.Valid(b)
	for _, r := range string(b[:min(len(b), inspectText)]) {
		readable = readable && (unicode.IsPrint(r) || r == '\n' || r == '\t')
	}
	if readable {
		return inspectQuoted(string(b))
	}
	const most = 24
	text := hex.EncodeToString(b[:min(len(b), most)])
	if len(b) > most {
		text += "…"
	}
	return fmt.Sprintf("%d bytes %s", len(b), text)
}

// inspectQuoted quotes a text where it would not be seen where it ends.
func inspectQuoted(s string) string {
	if r := []rune(s); len(r) > inspectText {
		return strconv.Quote(string(r[:inspectText])) + fmt.Sprintf("… %d bytes", len(s))
	}
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) || r == ' ' || r == ',' || r == '"' }) {
		return strconv.Quote(s)
	}
	return s
}

// inspectEntry is an entry of a map, or a field.
type inspectEntry struct {
	name  string
	value reflect.Value
}

// inspectEntries are the entries of a map in the order of their keys as text.
func inspectEntries(v reflect.Value, deep int) []inspectEntry {
	var list []inspectEntry
	for it := v.MapRange(); it.Next(); {
		list = append(list, inspectEntry{inspectInline(it.Key(), max(deep, 1)), it.Value()})
	}
	slices.SortFunc(list, func(a, b inspectEntry) int { return strings.Compare(a.name, b.name) })
	if n := len(list); n > inspectMost {
		list = append(list[:inspectMost], inspectEntry{fmt.Sprintf("… %d more", n-inspectMost), reflect.ValueOf("")})
	}
	return list
}

// inspectTree renders a value on several lines: what is short stays in one.
func inspectTree(v reflect.Value, width, deep int) []string {
	if line := inspectInline(v, deep); len(line) <= width || deep == 0 {
		return []string{line}
	}
	if _, leaf := inspectLeaf(v); leaf {
		return []string{inspectInline(v, deep)}
	}
	var parts []inspectEntry
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return inspectTree(v.Elem(), width, deep-1)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				parts = append(parts, inspectEntry{inspectWord(v.Type().Field(i).Name), f})
			}
		}
	case reflect.Map:
		parts = inspectEntries(v, deep-1)
	default:
		for i := range min(v.Len(), inspectMost) {
			parts = append(parts, inspectEntry{"-", v.Index(i)})
		}
		if v.Len() > inspectMost {
			parts = append(parts, inspectEntry{fmt.Sprintf("… %d more", v.Len()-inspectMost), reflect.ValueOf("")})
		}
	}
	return inspectParts(parts, width, deep)
}

// inspectParts renders each part beside its name, or indented below it.
func inspectParts(parts []inspectEntry, width, deep int) []string {
	var lines []string
	for _, p := range parts {
		below := inspectTree(p.value, width-len(p.name)-1, deep-1)
		switch {
		case len(below) == 1:
			lines = append(lines, p.name+" "+below[0])
		case p.name == "-":
			lines = append(lines, "- "+below[0])
			for _, l := range below[1:] {
				lines = append(lines, "  "+l)
			}
		default:
			lines = append(lines, p.name)
			for _, l := range inspectTree(p.value, width-2, deep-1) {
				lines = append(lines, "  "+l)
			}
		}
	}
	return lines
}
