namespace Cairn.Reports;
