"""Reports: tables, figures and pages for people, files for programs. The only home of matplotlib."""
