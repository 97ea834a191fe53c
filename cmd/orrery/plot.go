package main

import (
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/orrery-sim/orrery/scenarios/compare"
)

// Sizes of the picture, which is read from the back of a room.
const (
	plotPanel  = 260 * vg.Length(1) // width of a panel
	plotBar    = 14 * vg.Length(1)
	plotStep   = 24 * vg.Length(1) // from bar to bar
	plotHead   = 44 * vg.Length(1) // a panel's title
	plotTitle  = 24 * vg.Length(1)
	plotAcross = 3 // panels in a row
	plotMargin = 16 * vg.Length(1)
)

// canCarryPlot says what is wrong with the name of a picture's file.
func canCarryPlot(path string) error {
	if ext := filepath.Ext(path); ext != ".svg" && ext != ".png" {
		return fmt.Errorf("--plot %q: expected a name that ends in .svg or .png", path)
	}
	return nil
}

// writePlot draws the table as a small bar chart for each of its lines.
func writePlot(path string, t *compare.Table) error {
	charts, err := barCharts(t)
	if err != nil {
		return err
	}
	rows, columns := vg.Length(len(charts)), vg.Length(len(charts[0]))
	width := plotPanel*columns + 2*plotMargin
	height := plotTitle + (plotHead+plotStep*vg.Length(len(t.Columns)))*rows + 2*plotMargin
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	if filepath.Ext(path) == ".svg" {
		canvas = vgsvg.New(width, height)
	} else {
		const dotsPerInch = 192
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPerInch))}
	}
	all := draw.New(canvas)
	all.SetColor(color.White)
	all.Fill(all.Rectangle.Path())
	title := charts[0][0].Title.TextStyle
	title.XAlign, title.YAlign = draw.XLeft, draw.YTop
	all.FillText(title, vg.Point{X: plotMargin, Y: height - plotMargin}, fmt.Sprintf("%s, seeds %d-%d", t.Scenario, t.From, t.To))
	tiles := draw.Tiles{
		Rows: len(charts), Cols: len(charts[0]), PadX: plotMargin, PadY: plotMargin,
		PadTop: plotMargin + plotTitle, PadBottom: plotMargin, PadLeft: plotMargin, PadRight: plotMargin,
	}
	for y, line := range plot.Align(charts, tiles, all) {
		for x, part := range line {
			if charts[y][x] != nil {
				charts[y][x].Draw(part)
			}
		}
	}
	return writeFile(path, func(w io.Writer) error {
		_, err := canvas.WriteTo(w)
		return err
	})
}

// barCharts are the panels, in rows; where there are none left, nil.
func barCharts(t *compare.Table) ([][]*plot.Plot, error) {
	panels := t.Panels()
	across := min(plotAcross, len(panels))
	var labels []string
	for _, c := range t.Columns {
		labels = append(labels, strings.Join(c.Labels, " "))
	}
	slices.Reverse(labels) // the first is to be on top
	var rows [][]*plot.Plot
	for i, panel := range panels {
		if i%across == 0 {
			rows = append(rows, make([]*plot.Plot, across))
		}
		p, err := barChart(panel, labels)
		if err != nil {
			return nil, err
		}
		rows[i/across][i%across] = p
	}
	return rows, nil
}

// barChart is one line of the table: a bar for each column, with its value at its end.
func barChart(panel compare.Panel, labels []string) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = panel.Name
	for _, s := range []*draw.TextStyle{&p.Title.TextStyle, &p.Y.Tick.Label} {
		s.Font.Variant = "Sans"
	}
	p.HideX()
	values := plotter.Values(slices.Clone(panel.Values))
	texts := slices.Clone(panel.Texts)
	slices.Reverse(values)
	slices.Reverse(texts)
	bars, err := plotter.NewBarChart(values, plotBar)
	if err != nil {
		return nil, err
	}
	bars.Horizontal = true
	bars.Color = color.RGBA{R: 0x4c, G: 0x78, B: 0xa8, A: 0xff}
	bars.LineStyle.Width = 0
	ends := plotter.XYLabels{Labels: texts}
	for i, v := range values {
		ends.XYs = append(ends.XYs, plotter.XY{X: v, Y: float64(i)})
	}
	marks, err := plotter.NewLabels(ends)
	if err != nil {
		return nil, err
	}
	for i := range marks.TextStyle {
		marks.TextStyle[i].YAlign = draw.YCenter
		marks.TextStyle[i].Font.Variant = "Sans"
	}
	marks.Offset.X = 3
	p.Add(bars, marks)
	p.NominalY(labels...)
	p.X.Min, p.X.Max = 0, 1.35*slices.Max(values) // room for the text behind the longest
	return p, nil
}
