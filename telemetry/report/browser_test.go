package report_test

import (
	"bytes"
	"context"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orrery-sim/orrery/scenarios"
)

// A real browser draws the page in light and in dark, logs no error, and asks for nothing:
// all names lead to a proxy that counts.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds to start")
	}
	browser := find("chromium", "chromium-browser", "google-chrome", "chrome")
	if browser == "" {
		t.Skip("no Chromium here: apt-get install chromium, and this test opens the page in it")
	}
	page, _ := tell(t, "raft/local-reads", scenarios.Options{Seed: 1})
	dir := t.TempDir()
	name := filepath.Join(dir, "run.html")
	if err := os.WriteFile(name, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	proxy := count(t, &asked)
	light := shoot(t, browser, name, proxy, "1")
	dark := shoot(t, browser, name, proxy, "0")
	if n := asked.Load(); n != 0 {
		t.Errorf("the page asked for something %d times", n)
	}
	if light < 200 || dark > 60 {
		t.Errorf("most of the page has brightness %d in light and %d in dark, of 255", light, dark)
	}
	// The test can fail: a page that does ask is seen to.
	asks := strings.Replace(page, "default-src 'none'", "default-src *", 1)
	asks = strings.Replace(asks, "</body>", `<img alt="" src="http://orrery.test/x.png"><script>console.error("seen")</script></body>`, 1)
	asks = strings.Replace(asks, "img-src data:", "img-src *", 1)
	if err := os.WriteFile(name, []byte(asks), 0o644); err != nil {
		t.Fatal(err)
	}
	if log, _ := open(t, browser, name, proxy, "1"); asked.Load() == 0 || !console.MatchString(log) {
		t.Errorf("a page that asks for something and logs an error is not seen to: asked %d times, log:\n%s", asked.Load(), log)
	}
}

func find(names ...string) string {
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path
		}
	}
	return ""
}

// count is a proxy that says no, and counts who came.
func count(t *testing.T, asked *atomic.Int64) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buffer := make([]byte, 4096)
			n, _ := c.Read(buffer)
			if !ofBrowser.Match(buffer[:n]) {
				asked.Add(1)
			}
			c.Close()
		}
	}()
	return l.Addr().String()
}

// ofBrowser are the requests that are the browser's own business.
var ofBrowser = regexp.MustCompile(`google|gstatic|gvt1`)

var console = regexp.MustCompile(`(?m)^.*CONSOLE.*$`)

// shoot returns the brightness of the page's background, of a picture that is not blank.
func shoot(t *testing.T, browser, page, proxy, scheme string) int {
	t.Helper()
	log, picture := open(t, browser, page, proxy, scheme)
	if lines := console.FindAllString(log, -1); len(lines) > 0 {
		t.Errorf("the page logs:\n%s", strings.Join(lines, "\n"))
	}
	image, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatalf("%v; the browser says:\n%s", err, log)
	}
	colours := map[int]int{}
	for y := image.Bounds().Min.Y; y < image.Bounds().Max.Y; y += 3 {
		for x := image.Bounds().Min.X; x < image.Bounds().Max.X; x += 3 {
			r, g, b, _ := image.At(x, y).RGBA()
			colours[int(r+g+b)/3>>8]++
		}
	}
	if len(colours) < 20 {
		t.Errorf("the picture has %d shades: it is blank", len(colours))
	}
	most := 0
	for shade := range 256 {
		if colours[shade] > colours[most] {
			most = shade
		}
	}
	return most
}

// open opens a page and returns what the browser logged and drew.
func open(t *testing.T, browser, page, proxy, scheme string) (log string, picture []byte) {
	t.Helper()
	const patience = 2 * time.Minute // it hangs if it takes longer
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dir := t.TempDir()
	shot := filepath.Join(dir, "page.png")
	args := slices.Concat(flags, []string{
		"--user-data-dir=" + filepath.Join(dir, "profile"), "--proxy-server=http://" + proxy, "--proxy-bypass-list=<-loopback>",
		"--blink-settings=preferredColorScheme=" + scheme, "--screenshot=" + shot, "file://" + page,
	})
	c := exec.CommandContext(ctx, browser, args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", browser, err, errs.String())
	}
	picture, err := os.ReadFile(shot)
	if err != nil {
		t.Fatalf("%v; the browser says:\n%s", err, errs.String())
	}
	return errs.String(), picture
}

var flags = []string{
	"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking",
	"--disable-component-update", "--disable-sync", "--no-first-run", "--no-pings", "--disable-features=OptimizationHints,MediaRouter,Translate",
	"--enable-logging=stderr", "--v=0", "--hide-scrollbars", "--window-size=1200,2000", "--virtual-time-budget=5000",
}
