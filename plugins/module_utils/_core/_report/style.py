# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The style sheet of the report. Private to the collection."""

from __future__ import annotations

STYLE = """
:root{--bg:#fff;--fg:#1b1f24;--muted:#57606a;--line:#d5dbe1;--soft:#f4f6f8;--on:#fff;
--zk:#6b7685;--pre:#3f7391;--hyb:#1e7d5c;--pure:#0f6a74;--fin:#5b48b8;--mix:#98690c;
--write:#68788f;--roll:#a9b5c4;--ready:#2f74c9;--sync:#d19a1c;--ours:#c2334d;
--good:#176f43;--warn:#8a5a00;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--bg:#0e1217;--fg:#e4e9ef;--muted:#9aa5b1;--line:#2d353f;--soft:#161c23;
--zk:#66717f;--pre:#3f7594;--hyb:#23805f;--pure:#147580;--fin:#6b58cb;--mix:#956a13;
--write:#8292a8;--roll:#4b586a;--ready:#4a8fe3;--sync:#dba72c;--ours:#e8556e;
--good:#58c98b;--warn:#e0b04c;--bad:#ff7b72}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1160px;margin:0 auto;padding:20px 16px 40px}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 8px;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:0 0 8px}h3{font-size:1rem;margin:18px 0 6px}
section{margin-top:32px}p{margin:6px 0}
.note,footer{color:var(--muted);font-size:.88rem}footer{margin-top:36px;border-top:1px solid var(--line);padding-top:10px}
.badge{display:inline-block;padding:1px 9px;border-radius:10px;font-size:.82rem;font-weight:600;color:var(--on);background:var(--zk)}
.badge.plain{background:none;color:var(--fg);box-shadow:inset 0 0 0 1px var(--muted)}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:3px 16px;margin:10px 0 0}
.facts dt{color:var(--muted)}.facts dd{margin:0;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin-top:20px}
.tiles div{background:var(--soft);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
.tiles b{display:block;font-size:1.3rem;line-height:1.3}.tiles span{color:var(--muted);font-size:.85rem}
.states{list-style:none;display:flex;flex-wrap:wrap;gap:6px 18px;margin:0 0 14px;padding:0}
.states span+span{margin-left:6px;color:var(--muted);font-size:.88rem}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:10px 0 0;padding:0;font-size:.85rem;color:var(--muted)}
.legend i{display:inline-block;width:14px;height:10px;margin-right:6px;border-radius:2px}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th{text-align:left;color:var(--muted);font-weight:600;border-bottom:1px solid var(--line);padding:4px 14px 4px 0}
td{border-bottom:1px solid var(--line);padding:5px 14px 5px 0;vertical-align:top;overflow-wrap:break-word}
td b{overflow-wrap:anywhere}
.n{text-align:right;white-space:nowrap}td:last-child,th:last-child{padding-right:0}
time{white-space:nowrap}code,pre{font:.85em/1.45 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
code{overflow-wrap:anywhere}pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
svg{display:block;width:100%;height:auto;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
svg text{fill:var(--fg)}svg .t-muted{fill:var(--muted)}svg .t-strong{font-weight:600}
svg .t-on{fill:var(--on)}svg .t-gap{fill:var(--bad)}
.l-grid{stroke:var(--line);stroke-width:1}.l-break{stroke:var(--muted);stroke-width:1;stroke-dasharray:3 4}
.s-ZOOKEEPER{fill:var(--zk);background:var(--zk)}.s-PREMIGRATION{fill:var(--pre);background:var(--pre)}
.s-HYBRID_DUAL_WRITE{fill:var(--hyb);background:var(--hyb)}.s-PURE_DUAL_WRITE{fill:var(--pure);background:var(--pure)}
.s-FINALIZED{fill:var(--fin);background:var(--fin)}.s-MIXED{fill:var(--mix);background:var(--mix)}
.k-writes,.k-waits,.k-reads{fill:var(--write);background:var(--write)}.k-restarts{fill:var(--roll);background:var(--roll)}
.k-bad{fill:var(--bad);background:var(--bad)}
.r-ready{fill:var(--ready);background:var(--ready)}.r-sync{fill:var(--sync);background:var(--sync)}
.r-ours{fill:var(--ours);background:var(--ours)}.m-gap{fill:var(--bad);opacity:.35}
.narrow{display:none;max-width:520px}
@media (max-width:820px){.wide{display:none}.narrow{display:block}}
@media (max-width:640px){
.facts{grid-template-columns:1fr}.facts dd{margin-bottom:6px}
thead{display:none}table,tbody,tr,td{display:block;width:100%}
tr{border-bottom:1px solid var(--line);padding:7px 0}
td,td.n{border:0;overflow-wrap:anywhere;padding:2px 0;text-align:left;white-space:normal;display:grid;grid-template-columns:minmax(96px,32%) 1fr;gap:10px}
td::before{content:attr(data-name);color:var(--muted);font-size:.85rem}}
@media print{section{break-inside:avoid}}
"""
